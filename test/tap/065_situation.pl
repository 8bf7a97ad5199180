# What every model is told of the moment, how much of the history it sees, and that
# a preview shows the very call that leaves.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use JSON::PP;
use List::Util qw(max);
use Test::More;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $desk = Frontdesk->start(conf => "frontdesk.router_confidence = 1.01\nfrontdesk.fallback_after = '1d'\nfrontdesk.workers = 1\n");
my $account = $desk->account('Clinic');

sub say
{
	my ($words, %option) = @_;
	$desk->forget_requests;
	my $event = $desk->message_event($account, $words, %option);
	my $answer = $desk->post_webhook($account, $event);
	BAIL_OUT("webhook: $answer->{status} $answer->{content}") unless $answer->{status} == 200;
	$desk->wait_for_rest($account);
	return $event->{conversation}{id};
}

# The request by which an agent was asked last.
sub asked
{
	my ($agent) = @_;
	my @found = grep { $_->{service} ne 'chatwoot' && $agent eq ($_->{service} eq 'openai' ? $_->{body}{response_format}{json_schema}{name} : 'conversation') } $desk->requests;
	return $found[-1]{body};
}

sub texts { my ($body, $role) = @_; return map { ref $_->{content} ? map { $_->{text} } @{ $_->{content} } : $_->{content} } grep { $_->{role} eq $role } @{ $body->{messages} } }
sub turns { my ($body) = @_; return map { $json->decode($_) } texts($body, 'user') }
sub situation { my ($agent) = @_; return (turns(asked($agent)))[-1]{situation} }
sub without_time { my ($body) = @_; return $json->encode($body) =~ s/\\"time\\": \\"\d\d:\d\d\\"/now/gr }

# ---- a person nobody knows, a business that says nothing of its hours ----

my $display = say('hello [[route=automated]]');
my $told = situation('router');
like($told->{date}, qr/^\d{4}-\d\d-\d\d$/, 'the date');
like($told->{time}, qr/^\d\d:\d\d$/, 'the time');
ok($told->{time_zone}, 'and whose');
is($told->{channel}, 'whatsapp', 'the channel');
is_deeply($told->{channel_limits}, { longest_message => 4096, counted_in => 'characters', most_messages => 1, signs => 'bold, italic', hours_to_reply => 24 }, 'and what it carries, until when');
is_deeply([ grep { exists $told->{$_} } qw(office campaign open_jobs stock_alerts) ], [], 'nothing that there is not');

# ---- what there is to know ----

my $thread = $desk->sql("SELECT id FROM frontdesk.conversations WHERE display_id = $display");
$desk->sql(<<"SQL");
INSERT INTO frontdesk.people_rules (account_id, time_zone) VALUES ($account->{id}, 'Asia/Kathmandu');
INSERT INTO frontdesk.channel_limits (account_id, channel, max_length) VALUES ($account->{id}, 'whatsapp', 700);
INSERT INTO frontdesk.office_hours (account_id, weekday, opens, closes) SELECT $account->{id}, d, '00:00', '24:00' FROM generate_series(1, 7) d;
INSERT INTO frontdesk.messages (account_id, conversation_id, seq, direction, author, content, sent_at)
SELECT $account->{id}, '$thread', n - 31, CASE n % 2 WHEN 0 THEN 'incoming' ELSE 'outgoing' END, CASE n % 2 WHEN 0 THEN 'customer' ELSE 'bot' END,
  'earlier-' || n || '.', timestamptz '2026-06-01' + n * interval '1 minute' FROM generate_series(1, 30) n;
INSERT INTO frontdesk.campaigns (account_id, name, product_name, status) VALUES ($account->{id}, 'Spring', 'Mira', 'completed'), ($account->{id}, 'Autumn', 'Lina', 'active');
INSERT INTO frontdesk.campaign_messages (account_id, campaign_id, customer_id, message_content, status, sent_at)
SELECT g.account_id, g.id, c.lead_id, 'The Mira is here, shall we keep one?', 'read', frontdesk.clock() - interval '2 days'
FROM frontdesk.campaigns g JOIN frontdesk.conversations c ON c.id = '$thread' WHERE g.name = 'Spring';
INSERT INTO frontdesk.stock_alerts (account_id, customer_id, product_name, status)
SELECT account_id, lead_id, v.product, v.status FROM frontdesk.conversations c, (VALUES ('red chair', 'pending'), ('blue chair', 'cancelled')) v (product, status) WHERE c.id = '$thread';
INSERT INTO frontdesk.job_postings (account_id, title, location, status)
VALUES ($account->{id}, 'Night nurse', 'Porto', 'open'), ($account->{id}, 'Cook', 'Lisbon', 'open'), ($account->{id}, 'Night nurse', 'Braga', 'closed');
SQL
say('I look for work as a night nurse [[route=recruitment]]', conversation => $display);
$told = situation('conversation');
is("$told->{date} $told->{weekday} $told->{time_zone}", $desk->sql(q{SELECT to_char(now() AT TIME ZONE 'Asia/Kathmandu', 'YYYY-MM-DD FMDay') || ' Asia/Kathmandu'}), 'the day where the account is');
is_deeply([ @{ $told->{channel_limits} }{qw(longest_message signs hours_to_reply)} ], [ 700, 'none', undef ], 'as the account has it');
is($told->{office}, 'open', 'its people are there');
is($told->{campaign}{campaign} . ': ' . $told->{campaign}{message}, 'Spring: The Mira is here, shall we keep one?', 'the campaign that was sent, not one that runs');
is_deeply($told->{stock_alerts}, ['red chair'], 'the alert that waits');
is_deeply([ map { "$_->{title} $_->{location}" } @{ $told->{open_jobs} } ], [ 'Night nurse Porto', 'Cook Lisbon' ], 'the jobs that are open, what fits first');
ok($told->{person}{known_since}, 'since when the person is known');
ok(!exists situation('router')->{open_jobs}, 'who sorts a first word about jobs is told of none');

# ---- the history as configured ----

my @seen = map { /earlier-(\d+)\./g } texts(asked('conversation'), 'user'), texts(asked('conversation'), 'assistant');
is(join(' ', sort { $a <=> $b } @seen), join(' ', 14 .. 30), 'twenty messages are twenty');
@seen = map { /earlier-(\d+)\./g } texts(asked('router'), 'user'), texts(asked('router'), 'assistant');
is(join(' ', sort { $a <=> $b } @seen), '28 29 30', 'six are six');
is($desk->sql(q{SELECT count(*) FROM pg_constraint WHERE conname = 'agents_history_limit_check'}), 1, 'and there is a bound');
is(scalar(grep { $_->{situation} } turns(asked('conversation'))), 1, 'the newest turn alone has the situation');
my $date = $told->{date};
unlike($json->encode(asked('conversation')->{system}), qr/\Q$date\E|red chair|The Mira is here/, 'the system text has nothing of the moment');

# ---- the preview ----

$desk->sql("UPDATE frontdesk.people_rules SET closed_days = ARRAY[(now() AT TIME ZONE 'Asia/Kathmandu')::date] WHERE account_id = $account->{id}");
say('and what does it cost [[route=automated]]', conversation => $display);
is(situation('router')->{office}, 'closed', 'on a day on which they are not there');
say('and "again" [[route=automated]]', conversation => $display);
for my $agent (qw(router conversation))
{
	my $preview = $json->decode($desk->sql("SELECT frontdesk.preview_call('$thread'::uuid, '$agent')"));
	my ($shown, $left) = map { without_time($_) } $preview->{body}, asked($agent);
	ok($shown eq $left, "$agent: the preview is the call that left") or diag(join "\n", map { substr $_, max(0, (("$shown" ^ "$left") =~ /^(\0*)/ ? $+[1] : 0) - 60), 300 } $shown, $left);
	is($preview->{key}, 'stored', '... with a key that is not shown');
	unlike($json->encode($preview), qr/key-(?:openai|anthropic)/, '... not even by chance');
}
$desk->sql(q{CREATE ROLE eve LOGIN IN ROLE frontdesk_operator});
like((eval { $desk->sql("SET ROLE eve; SELECT frontdesk.preview_call('$thread'::uuid, 'router')") } // $@), qr/no conversation|does not exist|no such/, 'nobody previews what is not theirs');

# ---- thanks need no model, unless every message is to be sorted by one ----

say('hello [[route=automated]] [[reply=We are open from nine.]]', conversation => $display);
say('thanks, bye', conversation => $display);
ok((grep { $_->{service} eq 'openai' && $json->encode($_->{body}) =~ /thanks, bye/ } $desk->requests), 'who wants every message sorted by a model gets that');

# ---- a preview of what was asked in several messages ----

my $base = $desk->sql("SELECT max(seq) FROM frontdesk.messages WHERE conversation_id = '$thread'");
sub previewed { return $json->decode($desk->sql("SELECT frontdesk.preview_call('$thread'::uuid, 'conversation')"))->{body} }
sub write_rows
{
	$desk->sql("INSERT INTO frontdesk.messages (account_id, conversation_id, seq, direction, author, content, answers_up_to, sent_at)
		SELECT $account->{id}, '$thread', $base + n, direction, author, words, $base + up_to, frontdesk.clock() FROM (VALUES $_[0]) v (n, direction, author, words, up_to)");
	return;
}
# the answer to what was said before came between the two
write_rows(q{(1, 'incoming', 'customer', 'first-half', NULL::integer), (2, 'outgoing', 'bot', 'late-answer', 0), (3, 'incoming', 'customer', 'second-half', NULL), (4, 'outgoing', 'bot', 'the-answer', 3)});
is(join(' ', $json->encode(previewed()->{messages}) =~ /(first-half|late-answer|second-half|the-answer)/g), 'late-answer first-half second-half', 'what is asked begins with its first message');
write_rows(q{(5, 'incoming', 'customer', '4111 1111', NULL::integer), (6, 'incoming', 'customer', '1111 1111', NULL)});
my $shown = $json->encode(previewed()->{messages});
unlike($shown, qr/1111/, 'a card that comes in pieces is not shown');
like($shown, qr/\[card\] \[card\].*\[card\] \[card\]/, 'neither of them');
# and all of many, more than is read of what was said before
write_rows(join ', ', map { "($_, 'incoming', 'customer', 'many-$_.', NULL::integer)" } 7 .. 66);
is(join(' ', $json->encode(previewed()->{messages}) =~ /many-(\d+)\./g), join(' ', 7 .. 66), 'of many messages each is shown');

done_testing();
