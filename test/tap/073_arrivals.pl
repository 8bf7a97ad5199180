# What arrives and is no plain text: voice notes, pictures, places, cards, stories,
# reactions, quotes, ratings, mails with their history.  Each is told to people, agents and
# classifier in words; what nobody can hear or see goes to a person, and the customer hears
# of it once.  All in a database of locale C with settings that nobody would choose.
use strict;
use warnings;
use utf8;

use Encode qw(decode);
use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use POSIX qw(strftime);
use Test::More;

my $desk = Frontdesk->start(initdb => [ '--locale=C', '--encoding=UTF8' ], conf => <<'CONF');
frontdesk.router_confidence = 1.01
datestyle = 'SQL, DMY'
intervalstyle = 'sql_standard'
timezone = 'Asia/Kathmandu'
CONF
my $clinic = $desk->account('Clinic', signed => 0);
my $shop = $desk->account('Shop', signed => 0, models => 0);
my $conversation = 7000;
my $id = 910000;
my $last;

# A message in a conversation (a new one unless it is named), just written.
sub hear
{
	my ($account, $content, %option) = @_;
	my $event = $desk->message_event($account, $content, id => ++$id, conversation => ++$conversation, %option);

	$event->{created_at} = strftime('%Y-%m-%dT%H:%M:%S.000Z', gmtime);
	$event->{attachments} = $option{attachments} if $option{attachments};
	$event->{content_type} = $option{content_type} if $option{content_type};
	$event->{conversation}{additional_attributes} = $option{additional} if $option{additional};
	is($desk->post_webhook($account, $event)->{json}{status}, 'stored', 'stored: ' . ($content // '(no text)'));
	$last = $event->{id};
	return $event->{conversation}{id};
}

sub rest { $desk->wait_for_rest($_) for $clinic, $shop; return }

# What all models were asked, as text; what Chatwoot was told in a conversation.
sub asked { return join "
", map { JSON::PP->new->encode($_->{body}) } grep { $_->{service} ne 'chatwoot' } $desk->requests }
sub said { return map { $_->{body}{content} } grep { !$_->{body}{private} } $desk->replies($_[0]) }
sub notes { return map { $_->{body}{content} } grep { $_->{body}{private} } $desk->replies($_[0]) }
sub hands { return $desk->sql("SELECT handled_by FROM frontdesk.conversations WHERE display_id = $_[0]") }
sub state { return $desk->sql("SELECT state ->> '$_[1]' FROM frontdesk.conversation_state s JOIN frontdesk.conversations c ON c.id = s.conversation WHERE c.display_id = $_[0]") }
sub text { return decode('UTF-8', $desk->sql($_[0])) }
sub file { my %file = @_; return [ { id => ++$id, message_id => $id, account_id => 3, %file } ] }
sub voice { return file(file_type => 'audio', content_type => 'audio/ogg', data_url => 'https://chat.example.com/k/voice.ogg', transcribed_text => $_[0] // '', meta => { duration => 12 }) }

# An update of the message last heard.
sub update
{
	my ($account, $display, %option) = @_;
	my $event = $desk->message_event($account, $option{content}, event => 'message_updated', id => $option{id}, conversation => $display);

	$event->{created_at} = strftime('%Y-%m-%dT%H:%M:%S.000Z', gmtime);
	$event->{$_} = $option{$_} for grep { exists $option{$_} } qw(attachments content_attributes message_type sender content_type);
	is($desk->post_webhook($account, $event)->{json}{status}, 'stored', 'an update is stored');
	return;
}

# ---- a voice note ----

for my $account ($clinic, $shop)
{
	my $name = $account->{name};
	my $display = hear($account, 'hello');
	rest();
	$desk->forget_requests;
	hear($account, undef, conversation => $display, attachments => voice());
	rest();
	is(asked(), '', "$name: no model is asked what nobody has heard");
	is_deeply([ said($display) ], ['Thank you for your voice message. I cannot listen to it myself; a colleague will do that and answer you here.'],
		"$name: the customer hears so, in the conversation's language");
	is(hands($display), 'human', "$name: and a person has it");
	like((notes($display))[0], qr/\[voice note, 0:12\]/, "$name: who is told what came");
	hear($account, undef, conversation => $display, attachments => voice());
	rest();
	is(scalar(said($display)), 1, "$name: once");
	my $first = hear($account, undef, attachments => voice(), additional => { browser_language => 'de-DE' });
	rest();
	like((said($first))[0], qr/^Danke für Ihre Sprachnachricht\. /, "$name: of a first message the device tells the language");
	is(state($first, 'content'), '[voice note, 0:12]', "$name: no body is empty");
}

# what is written beside it is not overheard
$desk->sql("SELECT frontdesk.pause($shop->{id}, 'test')");
my $angry = hear($shop, 'I am furious, this is a scandal. My lawyer will hear of this, call me now!');
hear($shop, undef, conversation => $angry, attachments => voice());
$desk->sql("SELECT frontdesk.resume_work($shop->{id})");
rest();
is(state($angry, 'priority'), 'high', 'anger beside a voice note is anger');
like((notes($angry))[0], qr/\[voice note, 0:12\]/, 'and people are told of both');

# nor are words that could be answered by themselves
$desk->forget_requests;
my $beside = hear($clinic, 'When do you open on Saturdays?', attachments => voice(), additional => { browser_language => 'en' });
rest();
is(asked(), '', 'words beside a voice note are not all: no model is asked');
is(hands($beside), 'human', 'and a person has it');
like((said($beside))[0], qr/^Thank you for your voice message/, 'as the customer hears');

# words that come before the turn are what was said
$desk->forget_requests;
$desk->sql("SELECT frontdesk.pause($clinic->{id}, 'test')");
my $early = hear($clinic, undef, attachments => voice());
my $message = $last;
update($clinic, $early, id => $message, attachments => voice('Please cancel order 5512 before it ships'));
$desk->sql("SELECT frontdesk.resume_work($clinic->{id})");
rest();
like(asked(), qr/Please cancel order 5512 before it ships/, 'a transcript in time is asked');
unlike(asked(), qr/no further message|"body": *""/, 'and nothing is said to be empty');
is(hands($early), 'bot', 'nobody is needed');
is(scalar(said($early)), 1, 'one answer');

# words that come when people have it already begin a turn, unless one of them has spoken
$desk->forget_requests;
my $late = hear($clinic, undef, attachments => voice());
rest();
is(hands($late), 'human', 'people have a voice note');
$message = $last;
update($clinic, $late, id => $message, attachments => voice('I ordered the wrong size'));
rest();
like(asked(), qr/I ordered the wrong size/, 'its words came late and are asked');
is(scalar(said($late)), 2, 'and answered, once');
update($clinic, $late, id => $message, attachments => voice('I ordered the wrong size'));
rest();
is(scalar(said($late)), 2, 'told again they are not answered again');
my $spoken = hear($clinic, undef, attachments => voice());
$message = $last;
rest();
hear($clinic, 'I have heard it, all done', conversation => $spoken, message_type => 'outgoing', sender => { id => 4, name => 'Ana', type => 'user' });
update($clinic, $spoken, id => $message, attachments => voice('I ordered the wrong size'));
rest();
is(scalar(said($spoken)), 1, 'where a person has spoken the bot stays silent');

# ---- what needs eyes ----

my $photo = file(file_type => 'image', content_type => 'image/jpeg', data_url => 'https://chat.example.com/k/shoe.jpeg');
my $alerts = $desk->sql('SELECT count(*) FROM frontdesk.stock_alerts');
$desk->forget_requests;
my $shoe = hear($shop, 'do you have this one in 42?', attachments => $photo);
my $mail = hear($shop, 'See the photo. Which size is this one?', channel => 'Channel::Email',
	attachments => file(file_type => 'file', content_type => 'image/heic', data_url => 'https://chat.example.com/k/IMG_2201.heic'));
my $bare = hear($shop, undef, attachments => $photo, additional => { browser_language => 'en' });
my $few = hear($shop, 'nice blue, hmm', attachments => $photo);
# letters that a locale like C does not fold
my @pointing = map { hear($shop, "$_, can you tell me what we could still do about that now", attachments => $photo) } 'MIRA AQUÍ', 'Está AQUÍ', 'WIE ANGEHÄNGT', 'EN PIÈCE', 'ZIE HIER';
my $plain = hear($shop, 'ESTÁ abierta la tienda hoy por la tarde en el centro?', attachments => $photo);
my $said_all = hear($shop, 'What time do you open on Saturday morning in the old town?', attachments => $photo);
rest();
is(hands($_->[0]), 'human', "$_->[1] goes to a person") for [ $shoe, 'a caption that points' ], [ $few, 'a caption of a few words' ], [ $mail, 'a photo by mail' ], [ $bare, 'a picture alone' ];
like((said($_->[0]))[0], qr/^Thank you, it has arrived\. I cannot look at pictures/, "and the customer hears so: $_->[1]") for [ $shoe, 'a caption that points' ], [ $mail, 'by mail' ], [ $bare, 'alone' ];
is(state($_, 'intent'), 'unseen', 'so does one that points in capitals, with accents') for @pointing;
isnt(state($plain, 'intent'), 'unseen', 'a word that has its accent is no other one');
like((notes($shoe))[0], qr/With it came: \[image: shoe\.jpeg\]/, 'people are told of the picture');
is($desk->sql('SELECT count(*) FROM frontdesk.stock_alerts'), $alerts, 'nobody waits for "this one"');
is(state($said_all, 'intent') eq 'unseen' ? 1 : 0, 0, 'a caption that says all is read as it stands');
my $asked_of = hear($clinic, 'do you have this one in 42? [[route=automated]]', attachments => $photo);
rest();
like(asked(), qr/attachments[^}]*\[image: shoe\.jpeg\]/, 'a model is told that a picture came');
like(asked(), qr/never pretend to know what is in them/, 'and that nobody has seen it');

# what Chatwoot could not show is not what the customer wrote
$desk->forget_requests;
my $placeholder = hear($clinic, 'This kind of message cannot be shown here.', content_attributes => { is_unsupported => JSON::PP::true }, additional => { browser_language => 'en' });
my $nothing = hear($shop, '', channel => 'Channel::Api', additional => { browser_language => 'en' });
rest();
unlike(asked(), qr/cannot be shown here\./, 'a placeholder is asked of nobody');
like((said($_))[0], qr/Could you send it again as text\?/, 'the customer is asked for another way') for $placeholder, $nothing;

# ---- places, cards, stories ----

$desk->forget_requests;
$desk->sql("SELECT frontdesk.pause($clinic->{id}, 'test')");
my $cards = hear($clinic, 'Priya Nandan', source_id => '', attachments => file(file_type => 'contact', fallback_title => '+15550100871', meta => { firstName => 'Priya', lastName => 'Nandan' }));
hear($clinic, 'Hugo Barre', conversation => $cards, source_id => '', attachments => file(file_type => 'contact', fallback_title => '+15550100872', meta => { firstName => 'Hugo', lastName => 'Barre' }));
hear($clinic, undef, conversation => $cards, attachments => file(file_type => 'location', coordinates_lat => 0, coordinates_long => 0));
$desk->sql("SELECT frontdesk.resume_work($clinic->{id})");
rest();
like(asked(), qr/\Q[contact card: Priya Nandan, +15550100871]\E/, 'the first card with its number');
like(asked(), qr/\Q[contact card: Hugo Barre, +15550100872]\E/, 'the second');
like(asked(), qr/\Q[location: 0, 0]\E/, 'and a place that is zero');
my $shared = hear($shop, 'Priya Nandan', attachments => file(file_type => 'contact', fallback_title => '+15550100871', meta => { firstName => 'Priya', lastName => 'Nandan' }));
my $paying = hear($shop, 'Pay', attachments => file(file_type => 'contact', fallback_title => '4111 1111 1111 1111', meta => { firstName => 'Pay' }));
my $typed = hear($shop, 'I will sue you, call me on +15550100873');
rest();
like((notes($shared))[0], qr/\Q[contact card: Priya Nandan, +15550100871]\E/, 'people are told the number of a card that was shared');
unlike(join('|', notes($paying)), qr/4111/, 'but no number of a payment card');
like((notes($typed))[0], qr/call me on \[phone\]/, 'and what was typed is masked');
my $place = hear($shop, undef, attachments => file(file_type => 'location', coordinates_lat => 52.1, coordinates_long => 4.9));
rest();
is(hands($place), 'human', 'who has no model gives a place to people');

$desk->forget_requests;
my $story = hear($clinic, 'vela.bakes mentioned you in the story: ', channel => 'Channel::Instagram', name => 'vela.bakes',
	content_attributes => { image_type => 'story_mention', story_id => '17', story_sender => 'vela.bakes' }, attachments => file(file_type => 'story_mention'));
rest();
is(asked(), '', 'a mention in a story asks nothing');
is(scalar(said($story)), 0, 'and is not answered');
hear($clinic, 'how much is this one?', conversation => $story, channel => 'Channel::Instagram', name => 'vela.bakes', content_attributes => { story_id => '18', story_sender => 'us' });
rest();
like(asked(), qr/\[in reply to a story of ours\]/, 'agents are told of the story that is replied to');
unlike(asked(), qr/"name\W+vela\.bakes/, 'and of no name that is a handle');

# ---- gestures ----

for my $way ([ '👍', {} ], [ '❤️', { is_reaction => JSON::PP::true, in_reply_to => 1 } ])
{
	my $display = hear($shop, 'Are you open at Whitsun? 10 o\'clock');
	rest();
	$desk->sql("UPDATE frontdesk.messages SET content = 'Yes, until ten.' WHERE direction = 'outgoing' AND conversation_id = (SELECT id FROM frontdesk.conversations WHERE display_id = $display)");
	my $before = () = $desk->replies($display);
	hear($shop, $way->[0], conversation => $display, content_attributes => $way->[1]);
	rest();
	is(scalar(() = $desk->replies($display)), $before, "$way->[0] is no question");
	is($desk->sql("SELECT aside FROM frontdesk.messages WHERE chatwoot_message_id = '$last'"), 't', 'nobody waits for its answer');
}

# ---- facts ----

$desk->forget_requests;
my $table = hear($clinic, 'Do you have the oak table? [[route=automated]]');
my $oak = $last;
rest();
hear($clinic, 'And the walnut bench? [[route=automated]]', conversation => $table);
rest();
hear($clinic, 'ok, two of these please [[route=automated]]', conversation => $table, content_attributes => { in_reply_to => $oak, in_reply_to_external_id => 'w' });
rest();
like(asked(), qr/two of these please.{0,60}quoted\W+written_by\W+the sender\W+body\W+Do you have the oak table/, 'the quoted message is shown');
my ($ours) = $desk->sql("SELECT chatwoot_message_id FROM frontdesk.messages m JOIN frontdesk.conversations c ON c.id = m.conversation_id WHERE c.display_id = $table AND direction = 'outgoing' ORDER BY seq LIMIT 1");
$desk->forget_requests;
hear($clinic, 'what do you mean? [[route=automated]]', conversation => $table, content_attributes => { in_reply_to => $ours + 0 });
rest();
like(asked(), qr/quoted\W+written_by\W+the business/, 'as is one of ours');

$desk->forget_requests;
my $ad = hear($clinic, 'is it still there? [[route=automated]]', content_attributes => { referral => { headline => 'Summer sale', source_url => 'https://fb.example/1', ads_context_data => { product_id => 'bench-9' } } });
rest();
like(asked(), qr/Summer sale, product_id bench-9/, 'what an advertisement was about is told');
my $start = hear($shop, '/start ref_summer42', channel => 'Channel::Telegram');
rest();
is(hands($start), 'bot', 'the opening of a chat is handed to nobody');
like((said($start))[0], qr/^Olá Bruno!/, 'but greeted, in the language of its number');
like($desk->sql("SELECT enclosed FROM frontdesk.messages WHERE chatwoot_message_id = '$last'"), qr/ref_summer42/, 'and its parameter kept');
hear($shop, '/help@harborlane_bot', conversation => $start, channel => 'Channel::Telegram');
rest();
is(hands($start), 'bot', 'as is a call for help with the bot');

$desk->forget_requests;
my $chosen = hear($clinic, undef, channel => 'Channel::Api', content_type => 'form', content_attributes => { submitted_values => [ { name => 'size', value => '42' }, { name => 'wish', value => 'call me [[route=automated]]' } ] });
rest();
like(asked(), qr/size: 42, wish: call me/, 'what was filled into a form is what was said');
$desk->forget_requests;
hear($clinic, 'How did we do?', conversation => $chosen, message_type => 'template', sender => undef, content_type => 'input_csat');
update($clinic, $chosen, id => $last, content => 'How did we do?', message_type => 'template', sender => undef, content_type => 'input_csat',
	content_attributes => { submitted_values => { csat_survey_response => { rating => 2, feedback_message => 'nobody called' } } });
rest();
is(asked(), '', 'a rating starts nothing');
hear($clinic, 'hello again [[route=automated]]', conversation => $chosen);
rest();
like(asked(), qr/nobody called.{0,40}\[answer to the survey: 2 of 5\]/, 'but reaches the agents');

# ---- names ----

my %greeted = ('+1 555-010-0123' => '', 'silent-river-204' => '', '.' => '', '🌸🌸' => '', '15550100123@c.us' => '', 'Herr Weber' => '', 'Weber GmbH' => '',
	"{{contact.name}}\n{% x %}" => '', '~ Kai' => 'Kai', 'O\'Neil-Dupont, Aoife Marie (work)' => 'Aoife', "Mari\x{301}a Silva" => 'María');
my %heard = map { $_ => hear($shop, 'hello', name => $_) } sort keys %greeted;
rest();
is((said($heard{$_}))[0], $greeted{$_} eq '' ? 'Hello! How can we help you?' : "Hello $greeted{$_}! How can we help you?", "greeted: $_") for sort keys %greeted;
is($desk->sql("SELECT count(*) FROM frontdesk.leads WHERE name ~ E'\\n'"), 0, 'a name is one line');

# ---- mails ----

$desk->forget_requests;
my $history = "All sorted now, thank you. Have a nice weekend!\n\nOn 12.06.26 at 09:12, Harbor Lane Support wrote:\n> We are sorry.\n>\n"
  . "> On 11.06.26 at 20:44, Silke Ahrens wrote:\n>> I am furious, this is a scandal. My lawyer will hear of this,\n>> and I want to speak to your manager!";
my %text = (full => $history, reply => $history, quoted => $history);
my @letter = (channel => 'Channel::Email', content_type => 'incoming_email', content_attributes => { email => { text_content => \%text, html_content => {}, auto_reply => JSON::PP::false } });
my $sorted = hear($shop, $history, @letter);
hear($clinic, $history, @letter);
rest();
isnt(state($sorted, 'priority'), 'high', 'a mail is sorted by what is new in it');

unlike(asked(), qr/scandal/, 'and no model is told the rest');

$desk->forget_requests;
$desk->sql("SELECT frontdesk.pause($clinic->{id}, 'test')");
my $long = hear($clinic, 'We wanted to tell you a story of our garden. ' x 2300, channel => 'Channel::Email');
hear($clinic, 'When do you open? [[route=automated]]', conversation => $long, channel => 'Channel::Email');
$desk->sql("SELECT frontdesk.resume_work($clinic->{id})");
rest();
like(asked(), qr/When do you open\?/, 'a short question behind a mail of 100 kB is heard');
like(state($long, 'content'), qr/When do you open\?/, 'by the classifier, too');

# ---- a locale that knows no letters, and a strange calendar ----

is(text("SELECT frontdesk.local_extraction('Hola, me llamo María Núñez de la Peña y busco trabajo') #>> '{candidate,full_name}'"), 'María Núñez de la Peña', 'a name keeps its accents in locale C');
is(text("SELECT frontdesk.local_extraction('Ich heiße Jürgen Öztürk, 4 Jahre Erfahrung') #>> '{candidate,full_name}'"), 'Jürgen Öztürk', 'whatever they are');
is($desk->sql("SELECT frontdesk.say_time('2026-11-30 03:15:00+00')"), '2026-11-30 09:00:00+05:45', 'a zone of quarter hours has its minutes');
is($desk->sql("SELECT frontdesk.plan_follow_up($clinic->{id}, (SELECT id FROM frontdesk.conversations WHERE display_id = $table), to_char(now() + '3 days', 'YYYY-MM-DD')) > now() + '2 days'::interval"),
	't', 'days are read as days');

done_testing();
