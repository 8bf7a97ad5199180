# People in the loop: replies that wait for a word, drafts that are overtaken,
# a person who takes over and gives back, commands in private notes.  What
# counts is what Chatwoot was asked to say; the test owns the clock.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use Test::More;

my $desk = Frontdesk->start(conf => "frontdesk.router_confidence = 1.01\n");
my $account = $desk->account('Clinic');
my $id = $account->{id};
my %agent = (id => 7, name => 'Ana', email => 'ana@clinic.example', type => 'user');

# Sets the account's rules; what is not named is as shipped.
sub rules
{
	my (%rule) = @_;
	my $columns = join ', ', 'account_id', sort keys %rule;
	my $values = join ', ', $id, map { defined $rule{$_} ? "'$rule{$_}'" : 'NULL' } sort keys %rule;
	$desk->sql("DELETE FROM frontdesk.people_rules WHERE account_id = $id; INSERT INTO frontdesk.people_rules ($columns) VALUES ($values)");
	return;
}

my $shift = 0;

sub clock
{
	my ($hours) = @_;
	$desk->sql("SELECT frontdesk.shift_clock('$hours hours')");
	$shift = 3600 * $hours;
	return;
}

# A webhook signed when the front desk's clock says it is.
sub post { my ($event, %option) = @_; return $desk->post_webhook($account, $event, timestamp => time + $shift, %option) }

# The customer writes; waits for the end of the turn.
sub hear
{
	my ($content, $former, %option) = @_;
	my $event = $desk->message_event($account, $content, $former ? (conversation => $former->{conversation}{id}) : (), %option);
	post($event);
	$desk->wait_for_rest($account) unless $option{running};
	return $event;
}

# A person speaks in Chatwoot; private => 1 for a note.
sub speak
{
	my ($content, $former, %option) = @_;
	my $event = $desk->message_event($account, $content, conversation => $former->{conversation}{id},
		message_type => 'outgoing', sender => \%agent, %option);
	post($event, %{ $option{headers} // {} });
	$desk->wait_for_rest($account);
	return $event;
}

sub jot { return speak($_[0], $_[1], private => 1, @_[2 .. $#_]) }

sub key_of { return $desk->sql("SELECT id FROM frontdesk.conversations WHERE display_id = $_[0]{conversation}{id}") }

my $handover = 'A colleague takes over and will answer you here.';

sub handled_by { return $desk->sql("SELECT handled_by FROM frontdesk.conversations WHERE display_id = $_[0]{conversation}{id}") }

# What the customer was told, and what colleagues were, in order.
sub said { return map { $_->{body}{content} } grep { !$_->{body}{private} } $desk->replies($_[0]{conversation}{id}) }
sub noted { return map { $_->{body}{content} } grep { $_->{body}{private} } $desk->replies($_[0]{conversation}{id}) }

sub draft { return $desk->sql(sprintf q{SELECT draft_id FROM frontdesk.drafts WHERE account_id = %d AND conversation = '%s'}, $id, key_of($_[0])) }
sub fate { return $desk->sql(sprintf q{SELECT string_agg(status, ' ' ORDER BY id) FROM frontdesk.reply_drafts WHERE conversation_id = '%s'}, key_of($_[0])) }

sub fails
{
	my ($sql, $like, $name) = @_;
	my ($code, $out, $err) = $desk->node->psql('postgres', $sql);
	isnt($code, 0, $name);
	like($err, $like, "$name: says why");
	return;
}

# ---- approval ----

rules(approval => 'approve');
my $asked = hear('When are you open? [[reply=We open at nine.]]');
is_deeply([ said($asked) ], [], 'approve: nothing is sent to the customer');
is(scalar(noted($asked)), 1, 'but colleagues see the reply as a private note');
like((noted($asked))[0], qr{We open at nine.*/approve}s, 'with what they can do about it');
is($desk->sql(sprintf q{SELECT content || '|' || customer_wrote FROM frontdesk.drafts WHERE draft_id = '%s'}, draft($asked)),
	'We open at nine.|When are you open? [[reply=We open at nine.]]', 'the draft shows what it answers');
$desk->sql(sprintf q{SELECT frontdesk.approve_draft(%d, '%s')}, $id, draft($asked));
my $approved = $desk->sql(sprintf q{SELECT id FROM frontdesk.reply_drafts WHERE conversation_id = '%s'}, key_of($asked));
$desk->wait_for_rest($account);
is_deeply([ said($asked) ], ['We open at nine.'], 'approved: the customer gets it, once');
fails("SELECT frontdesk.approve_draft($id, '$approved')", qr/does not wait any more: it is approved/, 'a second approval');
fails("SELECT frontdesk.reject_draft($id, '$approved', 'no')", qr/does not wait any more/, 'a rejection after approval');
is_deeply([ said($asked) ], ['We open at nine.'], 'which sends nothing more');
is(draft($asked), '', 'nothing waits any more');

hear('And on Sunday? [[reply=Closed.]]', $asked);
$desk->sql(sprintf q{SELECT frontdesk.approve_draft(%d, '%s', 'Closed on Sunday, sorry.')}, $id, draft($asked));
$desk->wait_for_rest($account);
is((said($asked))[-1], 'Closed on Sunday, sorry.', 'an edited draft is sent as it was edited');
is($desk->sql(sprintf q{SELECT content || '|' || decided_content FROM frontdesk.reply_drafts WHERE conversation_id = '%s' ORDER BY id DESC LIMIT 1}, key_of($asked)),
	'Closed.|Closed on Sunday, sorry.', 'and both wordings are kept');

my $twice = hear('First question [[reply=first answer]]');
my $first = draft($twice);
hear('Second question [[reply=second answer]]', $twice);
is(fate($twice), 'withdrawn open', 'a newer turn withdraws the open draft');
fails("SELECT frontdesk.approve_draft($id, '$first')", qr/withdrawn/, 'an overtaken draft cannot be approved');
is(scalar(said($twice)), 0, 'and nothing was sent');
speak('I take this one', $twice);
is(fate($twice), 'withdrawn withdrawn', 'a person who takes over withdraws the open draft');
is(scalar(said($twice)), 0, 'nothing of it was sent');

my $refused = hear('Can I have a discount? [[reply=90 % off!]]');
$desk->sql(sprintf q{SELECT frontdesk.reject_draft(%d, '%s', 'we give no discounts')}, $id, draft($refused));
$desk->wait_for_rest($account);
is_deeply([ said($refused) ], [ $handover ], 'rejected: nothing of it is sent, and the customer hears who will answer');
is(handled_by($refused), 'human', 'and people have the conversation, for its customer waits');
like((noted($refused))[-1], qr/rejected: we give no discounts/, 'they read why');
ok((grep { $_->{path} =~ m{/$refused->{conversation}{id}/toggle_status$} && $_->{body}{status} eq 'open' } $desk->requests('chatwoot')), 'it is open in Chatwoot');

# a decision while a turn is under way goes out in order, and the turn goes on
my $busy = hear('Where are you? [[reply=In Main Street.]]');
my $waiting = draft($busy);
$desk->rules({ match => { service => 'anthropic' }, action => { delay_ms => 3000 } });
hear('And the phone number? [[reply=4711]]', $busy, running => 1);
$desk->wait_for('the model to be asked', sub { $desk->in_flight('anthropic') > 0 });
$desk->sql("SELECT frontdesk.approve_draft($id, '$waiting')");
$desk->wait_for_rest($account);
$desk->rules;
is_deeply([ said($busy) ], ['In Main Street.'], 'approved while a turn runs: it is sent');
is($desk->sql(sprintf q{SELECT content FROM frontdesk.drafts WHERE draft_id = '%s'}, draft($busy)), '4711', 'and the turn ends with its own draft');
is(scalar(grep { $_->{service} eq 'anthropic' && JSON::PP::encode_json($_->{body}) =~ /phone number/ } $desk->requests), 1,
	'the model was not asked anew for it');

# a crash between an approval and its delivery
$desk->rules({ match => { service => 'chatwoot', method => 'POST', path_contains => '/messages', contains => '4711' }, action => { delay_ms => 60000 } });
$desk->sql(sprintf q{SELECT frontdesk.approve_draft(%d, '%s')}, $id, draft($busy));
$desk->wait_for('the reply to be on its way', sub { $desk->in_flight('chatwoot') > 0 });
my $worker = $desk->sql(q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker' LIMIT 1});
$desk->sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'});
$desk->rules;
$desk->wait_for_rest($account);
is(scalar($desk->sql(sprintf q{SELECT count(*) FROM frontdesk.deliveries WHERE thread_id = '%s' AND kind = 'reply' AND payload ->> 'content' = '4711'}, key_of($busy))), 1,
	'a worker that dies leaves one delivery of an approved reply, not two');

# the deadline
rules(approval => 'approve', approval_deadline => '2 hours', approval_note => 'false');
my $late = hear('Anybody there? [[reply=Yes.]]');
is_deeply([ noted($late) ], [], 'the note can be turned off');
clock(1);
is(fate($late), 'open', 'before the deadline it waits');
clock(3);
$desk->wait_until(sprintf(q{SELECT handled_by = 'human' FROM frontdesk.conversations WHERE id = '%s'}, key_of($late)), 'the deadline');
$desk->wait_for_rest($account);
is(fate($late), 'expired', 'after it the draft has expired');
is_deeply([ said($late) ], [ $handover ], 'and is never sent: the customer hears who will answer');
like((noted($late))[-1], qr/nobody decided on the reply in time/, 'people are told why they have the conversation');
clock(0);

# by agent, and suggestions
rules(approval => 'approve', approval_by_agent => '{"conversation": "auto"}');
is((said(hear('What do you sell? [[reply=Beds.]]')))[0], 'Beds.', 'an agent may be trusted where others are not');
rules(approval_by_agent => '{"conversation": "suggest"}');
my $suggested = hear('Do you deliver? [[reply=We do.]]');
is_deeply([ said($suggested) ], [], 'suggest: nothing is sent to the customer');
like((noted($suggested))[0], qr/We do\./, 'people get the words to use');
is(fate($suggested), 'suggested', 'and the row says so');
fails(sprintf(q{SELECT frontdesk.approve_draft(%d, (SELECT id FROM frontdesk.reply_drafts WHERE conversation_id = '%s'))}, $id, key_of($suggested)),
	qr/suggested/, 'a suggestion cannot be sent by approving it');
fails("INSERT INTO frontdesk.people_rules (account_id, approval_by_agent) VALUES ($id + 1000, '{\"crm\": \"ask\"}')", qr/approval_by_agent_check/, 'a mode that does not exist');

# ---- taking over and coming back ----

rules(return_label => 'bot', return_after => '8 hours');
my $taken = hear('Hello [[reply=Hi.]]');
my $answer = speak('Ana here', $taken);
is(handled_by($taken), 'human', 'a person who replies has the conversation');
hear('Dear Ana', $taken);
hear('Are you there? [[reply=The bot is here.]]', $taken);
is(scalar(said($taken)), 1, 'the bot is silent');
clock(7);
speak('One moment', $taken);
clock(9);
is(handled_by($taken), 'human', 'every word of a person puts the return off');
hear('Still waiting [[reply=Sorry for the wait.]]', $taken);
hear('Hello? [[reply=Sorry for the wait.]]', $taken);
$desk->node->restart;
clock(16);
$desk->wait_until(sprintf(q{SELECT handled_by = 'bot' FROM frontdesk.conversations WHERE id = '%s'}, key_of($taken)), 'the return');
$desk->wait_for_rest($account);
is_deeply([ said($taken) ], [ 'Hi.', 'Sorry for the wait.' ], 'when nobody spoke for the time set it returns, restart or not, and what nobody answered is answered once');
is($desk->sql(sprintf q{SELECT detail ->> 'cause' FROM frontdesk.audit WHERE action = 'conversation.given_back' AND subject = '%s'}, key_of($taken)), 'timeout', 'the trail says why');
is($desk->sql(sprintf q{SELECT count(*) FROM frontdesk.alarms WHERE thread_id = '%s'}, key_of($taken)), '0', 'no timer is left');
clock(0);

sub change
{
	my ($former, %change) = @_;
	my $running = delete $change{running};
	my $event = { %{ $former->{conversation} }, event => 'conversation_updated', account => { id => 3, name => 'Clinic' },
		changed_attributes => [ { label_list => {} } ], updated_at => time + 100 + (our $versions += 1), %change };
	post($event);
	$desk->wait_for_rest($account) unless $running;
	return;
}

my $labelled = hear('Hi [[reply=Hi.]]');
speak('Ana again', $labelled);
hear('What does it cost? [[reply=Ten.]]', $labelled);
change($labelled, labels => ['vip']);
is(handled_by($labelled), 'human', 'any other label changes nothing');
change($labelled, labels => [ 'vip', 'bot' ]);
is(handled_by($labelled), 'bot', 'the label gives the conversation back');
is((said($labelled))[-1], 'Ten.', 'and the bot answers what nobody answered');
speak('Ana once more', $labelled);
change($labelled, labels => [ 'vip', 'bot' ]);
is(handled_by($labelled), 'human', 'a label that is there already gives nothing back');

my $resolved = hear('Hi [[reply=Hi.]]');
speak('Ana', $resolved);
hear('Thank you, bye [[reply=unwanted]]', $resolved);
change($resolved, status => 'resolved');
is(handled_by($resolved), 'bot', 'resolving gives it back');
is(scalar(said($resolved)), 1, 'but the bot does not answer what a person has settled');
hear('A new question [[reply=A new answer.]]', $resolved);
is((said($resolved))[-1], 'A new answer.', 'only what comes then');

# a reply on its way when Ana takes over is numbered behind what the customer writes meanwhile,
# whether its row comes from the answer to its request or from an echo before that
for my $echo (0, 1)
{
	$desk->rules({ match => { service => 'chatwoot', method => 'POST', contains => 'on its way' }, action => { delay_ms => 3000 } });
	my $crossed = hear('Hi [[reply=This is on its way.]]', undef, running => 1);
	$desk->wait_for('the reply to be on its way', sub { scalar grep { /on its way/ } said($crossed) });
	my $marker = ($desk->replies($crossed->{conversation}{id}))[0]{body}{content_attributes}{frontdesk};
	post($desk->message_event($account, 'Ana here', conversation => $crossed->{conversation}{id}, message_type => 'outgoing', sender => \%agent));
	hear('What does blue cost? [[reply=Blue is twelve.]]', $crossed, running => $echo);
	post($desk->message_event($account, 'This is on its way.', conversation => $crossed->{conversation}{id}, message_type => 'outgoing',
			sender => { id => 3, name => 'Bot', type => 'agent_bot' }, content_attributes => { frontdesk => $marker })) if $echo;
	is(handled_by($crossed), 'human', 'Ana has it');
	change($crossed, labels => ['bot']);
	$desk->rules;
	is((said($crossed))[-1], 'Blue is twelve.', 'it answers nothing of that: given back, the bot does');
}

# nor does the sentence that people take over
rules(approval => 'approve', approval_note => 'false', return_label => 'bot');
my $promised = hear('What does red cost? [[reply=Red is ten.]]');
$desk->sql(sprintf q{SELECT frontdesk.reject_draft(%d, '%s', 'no')}, $id, draft($promised));
$desk->wait_for_rest($account);
is_deeply([ said($promised) ], [$handover], 'people take over');
rules(return_label => 'bot');
change($promised, status => 'open', labels => ['bot']);
is((said($promised))[-1], 'Red is ten.', 'given back before anybody spoke, the bot is asked the question');

# what joins a turn that a return began is read with what the return asks
my $joined = hear('Hi [[reply=Hi.]]');
speak('Ana', $joined);
hear('What does green cost?', $joined);
$desk->sql("SELECT frontdesk.pause($id, 'a test')");
change($joined, labels => ['bot'], running => 1);
hear('In size nine? [[reply=Green is eight.]]', $joined, running => 1);
$desk->sql("SELECT frontdesk.resume_work($id)");
$desk->wait_for_rest($account);
like($desk->sql(sprintf q{SELECT state ->> 'content' FROM frontdesk.threads WHERE id = '%s'}, key_of($joined)),
	qr/\AWhat does green cost\?\nIn size nine\?/, 'what the agents on the spot get, too');

# a draft that is approved was decided before what came meanwhile; so was what mail asks for, and its parts
sub answers
{
	my ($event, $like) = @_;
	return $desk->sql(sprintf q{SELECT bool_or(r.answers_up_to >= m.seq) FROM frontdesk.messages AS r JOIN frontdesk.messages AS m USING (conversation_id)
		WHERE conversation_id = '%s' AND r.author = 'bot' AND r.content LIKE '%s' AND m.content = '%s'}, key_of($event), $like, $event->{content});
}

rules(approval => 'approve', approval_note => 'false');
my $drafted = hear('Where are you? [[reply=Here.]]');
$desk->sql("SELECT frontdesk.pause($id, 'a test')");
my $newer = hear('When are you open? [[reply=At nine.]]', $drafted, running => 1);
$desk->sql(sprintf q{SELECT frontdesk.approve_draft(%d, '%s')}, $id, draft($drafted));
$desk->sql("SELECT frontdesk.resume_work($id)");
$desk->wait_for_rest($account);
is_deeply([ said($drafted) ], ['Here.'], 'a draft is approved while more is asked');
is(answers($drafted, 'Here.'), 't', 'it answers what its turn had read');
is(answers($newer, 'Here.'), 'f', 'and no more');

$desk->sql("INSERT INTO frontdesk.channel_limits (account_id, channel, max_length) VALUES ($id, 'whatsapp', 40)");
my ($posted) = split /\|/, $desk->sql(sprintf q{SELECT frontdesk.post_mail(account_id, id, 'deliver',
	'{"deliver": [{"kind": "reply", "content": "A first part of what is said. And the second part of it."}]}'),
	frontdesk.post_mail(account_id, id, 'message', '{"content": "And then?"}') FROM frontdesk.conversations WHERE id = '%s'}, key_of($drafted));
$desk->wait_for_rest($account);
is_deeply([ (said($drafted))[1, 2] ], [ 'A first part of what is said.', 'And the second part of it.' ], 'what mail asks for is said in parts');
is($desk->sql(sprintf q{SELECT string_agg(answers_up_to::text, ' ') FROM frontdesk.messages WHERE conversation_id = '%s' AND content LIKE '%%part of%%'}, key_of($drafted)),
	"$posted $posted", 'which answer nothing that came behind that mail');
$desk->sql("DELETE FROM frontdesk.channel_limits WHERE account_id = $id");

rules(return_after => undef);
my $kept = hear('Hi [[reply=Hi.]]');
speak('Ana', $kept);
is($desk->sql(sprintf q{SELECT count(*) FROM frontdesk.alarms WHERE thread_id = '%s'}, key_of($kept)), '0', 'without a time it never returns by itself');

# ---- commands ----

rules(approval => 'approve', approval_note => 'false');
my $commanded = hear('A question [[reply=An answer.]]');
my $command = jot('/approve', $commanded);
is_deeply([ said($commanded) ], ['An answer.'], '/approve sends the reply that waits');
is($desk->sql(sprintf q{SELECT decided_by FROM frontdesk.reply_drafts WHERE conversation_id = '%s'}, key_of($commanded)), 'chatwoot: Ana', 'in the name of who wrote it');
is(handled_by($commanded), 'bot', 'a private note takes nothing over');
post($command);
$desk->wait_for_rest($account);
is(scalar(said($commanded)), 1, 'the same webhook once more does nothing');
is(scalar(noted($commanded)), 1, 'and is not answered again');
jot('/approve', $commanded);
like((noted($commanded))[-1], qr/No reply waits/, 'when nothing waits, the person is told');

hear('Another [[reply=Model words.]]', $commanded);
jot("/approve My own words,\nin two lines", $commanded);
is((said($commanded))[-1], "My own words,\nin two lines", '/approve with a text sends that text');
hear('One more [[reply=Never.]]', $commanded);
jot('/reject too blunt', $commanded);
is(fate($commanded), 'approved approved rejected', '/reject rejects');
is_deeply([ (said($commanded))[2, 3] ], [ $handover, undef ], 'and sends nothing of it');
is(handled_by($commanded), 'human', 'people have it now');

rules();
hear('Is the bot there? [[reply=I am.]]', $commanded);
jot('/bot on', $commanded);
is(handled_by($commanded), 'bot', '/bot on gives it back');
is((said($commanded))[-1], 'I am.', 'and what nobody answered is answered');
jot('/bot off', $commanded);
is(handled_by($commanded), 'human', '/bot off silences the bot');
my $silenced = scalar said($commanded);
hear('Hello? [[reply=No.]]', $commanded);
is(scalar(said($commanded)), $silenced, 'it says nothing more');

jot('/make coffee', $commanded);
like((noted($commanded))[-1], qr{/bot on.*/approve.*/reject}s, 'an unknown command is answered with those that exist');
my $notes = scalar noted($commanded);
jot('bot on, please', $commanded);
is(handled_by($commanded), 'human', 'without the prefix it is a note like any');
is(scalar(noted($commanded)), $notes, 'that nobody answers');

hear('/bot on', $commanded);
is(handled_by($commanded), 'human', 'a customer commands nothing');
speak('/bot on', $commanded);
is(handled_by($commanded), 'human', 'nor does a public reply');
post($desk->message_event($account, '/bot on', conversation => $commanded->{conversation}{id},
		message_type => 'outgoing', private => 1, sender => { id => 9, name => 'Robot', type => 'agent_bot' }));
post($desk->message_event($account, '/bot on', conversation => $commanded->{conversation}{id},
		message_type => 'outgoing', private => 1, sender => \%agent, content_attributes => { frontdesk => 'x/1' }));
post($desk->message_event($account, '/bot on', conversation => $commanded->{conversation}{id},
		message_type => 'outgoing', private => 1, sender => \%agent, event => 'message_updated'));
$desk->wait_for_rest($account);
is(handled_by($commanded), 'human', 'nor a bot, nor our own notes, nor an edit');

my ($login, $password) = split /\|/,
  $desk->sql("SELECT login, password FROM frontdesk.register_webhook($id, $account->{site}, NULL, 'unsigned', false)");
jot('/bot on', $commanded, headers => { login => $login, password => $password, signature => undef });
is(handled_by($commanded), 'human', 'nor a note that nobody signed');

rules(command_prefix => '#');
jot('/bot on', $commanded);
is(handled_by($commanded), 'human', 'the prefix is a setting');
jot('#bot on', $commanded);
is(handled_by($commanded), 'bot', 'that works');

jot('#bot off', $commanded);
jot('#why', $commanded);
like((noted($commanded))[-1], qr/A person has it since .*the bot is silent/, 'why says where the conversation stands');

# /answer, for a bot that asks
my $asking = $desk->account('Asking');
$desk->sql(<<"SQL");
CREATE FUNCTION frontdesk.tell_size(account_id integer, thread_id uuid, state jsonb) RETURNS jsonb LANGUAGE sql
AS \$\$ SELECT jsonb_build_object('agent_response', 'Size ' || (state #>> '{size,size}')) \$\$;
ALTER EXTENSION pg_frontdesk ADD FUNCTION frontdesk.tell_size(integer, uuid, jsonb);
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($asking->{id}, 'conversation', 1, 'size');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, function, settings) VALUES
  ($asking->{id}, 'conversation', 1, 'size', 'interrupt', NULL, '{"question": "Which size?", "payload": [], "schema": {"type": "object", "properties": {"size": {"type": "integer"}}, "required": ["size"]}}'),
  ($asking->{id}, 'conversation', 1, 'tell', 'function', 'tell_size', '{}');
INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target) VALUES
  ($asking->{id}, 'conversation', 1, 'size', 1, 'tell'), ($asking->{id}, 'conversation', 1, 'tell', 1, NULL);
SELECT frontdesk.activate_graph('conversation', $asking->{id});
SQL
my $question = $desk->message_event($asking, 'Do you have it in my size?');
$desk->post_webhook($asking, $question, timestamp => time + $shift);
$desk->wait_until("SELECT count(*) = 1 FROM frontdesk.interrupts WHERE account_id = $asking->{id} AND status = 'open'", 'the question');

sub answer_by_note
{
	$desk->post_webhook($asking, $desk->message_event($asking, $_[0], conversation => $question->{conversation}{id},
			message_type => 'outgoing', sender => \%agent, private => 1), timestamp => time + $shift);
	my $wanted = $_[1];
	$desk->wait_for('the note', sub { grep { /$wanted/ } noted($question) });
	return;
}

answer_by_note('/answer huge', 'That did not work');
is($desk->sql("SELECT status FROM frontdesk.interrupts WHERE account_id = $asking->{id}"), 'open', '/answer with what does not fit leaves the question open, and says so');
answer_by_note('/answer 42', 'Answered: Which size');
$desk->wait_for_rest($asking);
is_deeply([ said($question) ], ['Size 42'], '/answer with a plain word answers a question of one field');
is($desk->sql("SELECT answered_by FROM frontdesk.interrupts WHERE account_id = $asking->{id}"), 'chatwoot: Ana', 'in the name of who wrote it');

done_testing();
