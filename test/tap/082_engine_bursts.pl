# When turns begin: a burst is one turn, a steady stream is answered within its
# limit, nothing that arrives during a turn is lost, and what is due is claimed
# without polling.  The quiet time is long at first and the test owns the
# clock, so nothing there happens because time went by.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use Test::More;

my $desk = Frontdesk->start(conf => <<'CONF');
frontdesk.router_confidence = 1.01
frontdesk.quiet_time = '20min'
frontdesk.quiet_time_limit = '1h'
CONF
my $account = $desk->account('Clinic', signed => 0);

sub clock { $desk->sql("SELECT frontdesk.shift_clock('$_[0]')"); return }

sub post
{
	my ($content, $former) = @_;
	my $event = $desk->message_event($account, $content, $former ? (conversation => $former->{conversation}{id}) : ());
	my $answer = $desk->post_webhook($account, $event);

	is($answer->{status}, 200, "accepted: $content");
	return $event;
}

sub thread_of
{
	my ($event) = @_;
	return $desk->sql("SELECT id FROM frontdesk.conversations WHERE display_id = $event->{conversation}{id}");
}

sub thread
{
	my ($event, $column) = @_;
	return $desk->sql(sprintf q{SELECT %s FROM frontdesk.threads WHERE id = '%s'}, $column, thread_of($event));
}

# Seconds from now, by the front desk's clock, until a thread is due.
sub due_in
{
	my ($event) = @_;
	return $desk->sql(sprintf q{SELECT extract(epoch FROM due_at - frontdesk.clock())::integer FROM frontdesk.ready WHERE thread_id = '%s' AND slot IS NULL}, thread_of($event));
}

sub asked { return grep { $_->{service} ne 'chatwoot' && index(JSON::PP::encode_json($_->{body}), $_[0]) >= 0 } $desk->requests }

# ---- a burst ----

my $burst = post('burst: hello');
post($_, $burst) for 'burst: I ordered a bed', 'burst: number 4711', 'burst: it has three legs', 'burst: please help';
is(thread($burst, 'turns'), '0', 'five messages within the quiet time do not start a turn yet');
cmp_ok(due_in($burst), '>', 1000, 'it is due when the quiet time is over');
clock('21 minutes');
$desk->wait_for_rest($account);
pass('a turn that is due is claimed when the clock says so');
is(thread($burst, 'turns'), '1', 'the burst was one turn');
is(scalar($desk->replies($burst->{conversation}{id})), 1, 'and got one reply');
is(thread($burst, q{state ->> 'content'}), "burst: hello\nburst: I ordered a bed\nburst: number 4711\nburst: it has three legs\nburst: please help",
	'the content that was classified holds all five lines, in order');
my ($router) = asked('burst');
ok(index(JSON::PP::encode_json($router->{body}), $_) >= 0, "the model read \"$_\"") for 'hello', 'three legs', 'please help';

# However many there are: nothing that was said is left unread.
clock('5 hours');
my $flood = post('flood <1>');
post("flood <$_>", $flood) for 2 .. 20;
clock('6 hours');
$desk->wait_for_rest($account);
is(thread($flood, q{state ->> 'content'}), join("\n", map { "flood <$_>" } 1 .. 20), 'of twenty messages each is in the content');
($router) = asked('flood');
is(join(' ', JSON::PP::encode_json($router->{body}) =~ /flood (<\d+>)/g) =~ s/^.*(?=<1>)//sr, join(' ', map { "<$_>" } 1 .. 20), 'and a model reads them all');
is(scalar($desk->replies($flood->{conversation}{id})), 1, 'for one reply');

# A burst of twelve, behind which the bot's own words have arrived meanwhile.
clock('7 hours');
my $wave = post('wave <1>');
post("wave <$_>", $wave) for 2 .. 12;
$desk->sql(sprintf q{INSERT INTO frontdesk.messages (account_id, conversation_id, seq, direction, author, channel, content, sent_at)
	SELECT account_id, id, event_seq + 1, 'outgoing', 'bot', 'whatsapp', 'said before', frontdesk.clock() FROM frontdesk.threads WHERE id = '%1$s';
	UPDATE frontdesk.threads SET event_seq = event_seq + 1 WHERE id = '%1$s'}, thread_of($wave));
clock('8 hours');
$desk->wait_for_rest($account);
is(thread($wave, q{state ->> 'content'}), join("\n", map { "wave <$_>" } 1 .. 12), 'the first of them is not pushed out by it');

# ---- a steady stream ----

clock('10 hours');
my $stream = post('stream 1');
for my $more (1 .. 3)
{
	clock((600 + 15 * $more) . ' minutes');
	post('stream ' . ($more + 1), $stream);
	is(thread($stream, 'turns'), '0', 'a stream without quiet has not begun its turn');
}
cmp_ok(due_in($stream), '<=', 15 * 60, 'it is due an hour after its first message, though another came just now');
cmp_ok(due_in($stream), '>', 10 * 60, 'not earlier');
clock('661 minutes');
$desk->wait_for_rest($account);
is(thread($stream, 'turns'), '1', 'then it is one turn');
is(scalar($desk->replies($stream->{conversation}{id})), 1, 'with one reply');
is(thread($stream, q{state ->> 'content'}), join("\n", map { "stream $_" } 1 .. 4), 'to all of its messages');
clock('0');

# ---- due times ahead ----

# The next due time is far away; the worker sleeps until it is woken.
my $patient = post('patient');
cmp_ok(due_in($patient), '>', 1000, 'a session sets a due time ahead');
$desk->sql(sprintf q{SELECT frontdesk.post_mail(%d, '%s', 'replay')}, $account->{id}, thread_of($burst));
$desk->wait_until(sprintf(q{SELECT turns = 2 FROM frontdesk.threads WHERE id = '%s'}, thread_of($burst)), 'the second turn');
is(scalar($desk->replies($burst->{conversation}{id})), 2, 'another that is due at once is not kept waiting by it');
is(thread($patient, 'turns'), '0', 'while the patient one waits');
clock('1 hour');
$desk->wait_for_rest($account);
is(scalar($desk->replies($patient->{conversation}{id})), 1, 'until its time has come');
clock('0');

# ---- a message during a turn ----

# The tests below let the clock run.
sub restart_with
{
	my (%settings) = @_;
	$desk->node->append_conf('postgresql.conf', "frontdesk.$_ = $settings{$_}") for sort keys %settings;
	$desk->node->restart;
	return;
}

sub lines_of { return join ', ', map { $_->{body}{content} } $desk->replies($_[0]{conversation}{id}) }
sub steps_of { return $desk->sql(sprintf q{SELECT string_agg(node || coalesce(':' || (failure ->> 'class'), ''), ' ' ORDER BY seq) FROM frontdesk.checkpoints WHERE thread_id = '%s' AND seq > 0}, thread_of($_[0])) }

# It joins the turn: the call is given up, and one answer is given to both.
restart_with(quiet_time => 0);
$desk->rules({ match => { service => 'openai', contains => 'first word', times => 1 }, action => { delay_ms => 60_000 } });
my $talk = post('first word');
$desk->wait_for('the router to be asked', sub { $desk->in_flight('openai') });
post('second word', $talk);
$desk->wait_for_rest($account);
is(thread($talk, 'turns'), '1', 'a message that arrives during a call joins the turn');
is(scalar(asked('second word')), 2, 'router and conversation agent read it');
is(scalar(grep { index(JSON::PP::encode_json($_->{body}), 'first word') >= 0 } asked('second word')), 2, 'together with the first one');
is(scalar(asked('first word')), 3, 'the call in flight was given up, and not waited for');
is(thread($talk, q{state ->> 'content'}), "first word\nsecond word", 'the state holds both');
is(scalar($desk->replies($talk->{conversation}{id})), 1, 'one turn, one reply');
is(steps_of($talk), 'classify:joined classify generate_response', 'the story tells of it');
is($desk->sql(sprintf q{SELECT count(*) FROM frontdesk.mailbox WHERE thread_id = '%s'}, thread_of($talk)), '0', 'no mail is left over');
is(thread($talk, 'read_seq = wake_seq'), 't', 'all of it was read');

# In the middle of the graph as well, and what was said in the meantime counts.
$desk->rules({ match => { service => 'anthropic', contains => 'middle one', times => 1 }, action => { delay_ms => 60_000 } });
my $middle = post('middle one');
$desk->wait_for('the conversation agent to be asked', sub { $desk->in_flight('anthropic') });
post('[[reply=to both]] middle two', $middle);
$desk->wait_for_rest($account);
is(steps_of($middle), 'classify generate_response:joined classify generate_response', 'the turn starts over at the entry');
is(lines_of($middle), 'to both', 'one reply to both');

# The quiet time counts there, too: what follows at once is waited for.
restart_with(quiet_time => "'2s'");
$desk->rules({ match => { service => 'openai', contains => 'typing 1', times => 1 }, action => { delay_ms => 60_000 } });
my $typing = post('typing 1');
$desk->wait_for('the router to be asked', sub { $desk->in_flight('openai') });
post("typing $_", $typing) for 2 .. 4;
$desk->wait_for_rest($account);
is(thread($typing, 'turns'), '1', 'three more join');
is(steps_of($typing), 'classify:joined classify generate_response', 'all at once');
is(thread($typing, q{state ->> 'content'}), join("\n", map { "typing $_" } 1 .. 4), 'in order');
is(scalar($desk->replies($typing->{conversation}{id})), 1, 'with one reply');

# Words that are changed, and files that come late, while nobody has answered.
$desk->rules({ match => { service => 'openai', contains => 'misspelt', times => 1 }, action => { delay_ms => 60_000 } });
my $edited = post('misspelt');
$desk->wait_for('the router to be asked', sub { $desk->in_flight('openai') });
my $correction = { %$edited, event => 'message_updated', content => 'spelt well' };
is($desk->post_webhook($account, $correction)->{status}, 200, 'an edit arrives during the call');
$desk->wait_for_rest($account);
is(thread($edited, q{turns || ' ' || (state ->> 'content')}), '1 spelt well', 'the turn takes the edit in');
is(scalar($desk->replies($edited->{conversation}{id})), 1, 'and answers once');
is($desk->post_webhook($account, { %$correction, content => 'spelt best' })->{status}, 200, 'an edit after the answer');
$desk->wait_for_rest($account);
is(thread($edited, 'turns'), '1', 'starts no turn');
$desk->rules();

# Each join reads the history anew, and only the newest reading is kept: what the
# worker holds grows with what was said, not with its square.
sub held_by_worker
{
	my $from = -s $desk->node->logfile;
	my ($pid) = split /\n/, $desk->sql(q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'});

	$desk->sql("SELECT pg_log_backend_memory_contexts($pid)");
	return $desk->wait_for('the sizes of its memory', sub {
		return PostgreSQL::Test::Utils::slurp_file($desk->node->logfile, $from) =~ /\[$pid\].*Grand total: (\d+) bytes/ ? $1 : 0;
	});
}

restart_with(workers => 1, quiet_time => 0, join_limit => "'1h'");
$desk->rules({ match => { service => 'openai', contains => 'chapter' }, action => { delay_ms => 600_000 } });
my $novel = post('chapter 0');
my %held;
for my $chapter (0 .. 30)
{
	$desk->post_webhook($account, $desk->message_event($account, "chapter $chapter." . 'x' x 140_000, conversation => $novel->{conversation}{id})) if $chapter;
	$desk->wait_for("chapter $chapter to be read", sub { return asked("chapter $chapter") && $desk->in_flight('openai') });
	$held{$chapter} = held_by_worker() if $chapter =~ /^(?:0|6|30)$/;
	$desk->forget_requests;
}
$desk->rules();
post('the end', $novel);
$desk->wait_for_rest($account);
is(thread($novel, 'turns'), '1', 'thirty long messages join a turn');
is(scalar($desk->replies($novel->{conversation}{id})), 1, 'with one reply');
cmp_ok($held{30} - $held{0}, '<', 9 * ($held{6} - $held{0}), 'each is held once') or diag(explain(\%held));
cmp_ok($held{30} - $held{0}, '<', 30 * 140_000, 'and less of it than was said') or diag(explain(\%held));

# A steady stream gets its answer: mail joins only until the limit.
restart_with(quiet_time => 0, join_limit => "'2s'");
$desk->rules({ match => { service => 'openai', contains => 'steady' }, action => { delay_ms => 700 } });
my $steady = post('steady 0');
my $number = 0;
$desk->wait_for('an answer in the middle of the stream', sub {
	$desk->post_webhook($account, $desk->message_event($account, 'steady ' . ++$number, conversation => $steady->{conversation}{id}));
	return scalar $desk->replies($steady->{conversation}{id});
});
pass('a steady stream gets its answer');
$desk->wait_for_rest($account);
cmp_ok(thread($steady, 'turns'), '>=', 2, 'what came after it has a turn of its own');
is(thread($steady, q{split_part(state ->> 'content', E'\\n', -1)}), "steady $number", 'and the last word is read');

# With joining turned off, each has a turn of its own.
restart_with(join_limit => 0);
$desk->rules({ match => { service => 'openai', contains => 'alone 1', times => 1 }, action => { delay_ms => 700 } });
my $alone = post('alone 1');
$desk->wait_for('the router to be asked', sub { $desk->in_flight('openai') });
post('alone 2', $alone);
is($desk->in_flight('openai'), 1, 'the call goes on');
$desk->wait_for_rest($account);
is(thread($alone, q{turns || ' ' || (state ->> 'content')}), '2 alone 2', 'two turns, the second with the second message');
is(scalar($desk->replies($alone->{conversation}{id})), 2, 'and two replies');
restart_with(join_limit => "'15s'");

# ---- a message while nobody is at work ----

# The worker goes in mid-turn; what arrives before the next one takes over was
# not read by the steps before.
sub workers
{
	my ($count) = @_;
	$desk->node->append_conf('postgresql.conf', "frontdesk.workers = $count");
	$desk->node->reload;
	$desk->wait_until("SELECT count(*) = $count FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'", "$count workers");
	return;
}

$desk->rules({ match => { service => 'anthropic', contains => 'halfway', times => 1 }, action => { delay_ms => 60_000 } });
my $halfway = post('halfway');
$desk->wait_for('the second step', sub { $desk->in_flight('anthropic') });
workers(0);
post('[[reply=whole]] and more', $halfway);
workers(1);
$desk->wait_for_rest($account);
is(lines_of($halfway), 'whole', 'a turn that is taken over answers what came in between, once');
is(thread($halfway, q{turns || ' ' || (state ->> 'content')}), "1 halfway\n[[reply=whole]] and more", 'in the same turn');

restart_with(settle_time => 0);
$desk->rules({ match => { service => 'chatwoot', method => 'POST', contains => 'said before', times => 1 }, action => { delay_ms => 60_000 } });
my $parting = post('[[reply=said before]]');
$desk->wait_for('the reply to be on its way', sub { $desk->in_flight('chatwoot') });
workers(0);
post('[[reply=said after]]', $parting);
workers(1);
$desk->wait_for_rest($account);
is(lines_of($parting) =~ s/^said before, (?=said before)//r, 'said before, said after', 'one whose reply was on its way answers it in a turn of its own');
is(thread($parting, 'turns'), '2', 'the second');
$desk->rules();

# A message that arrives while the reply is on its way is not lost either.
$desk->rules({ match => { service => 'chatwoot', method => 'POST', contains => 'late one', times => 1 }, action => { delay_ms => 500 } });
my $late = post('[[reply=late one]]');
$desk->wait_for('the reply to be on its way', sub { $desk->replies($late->{conversation}{id}) });
post('after the reply [[reply=the second]]', $late);
$desk->wait_for_rest($account);
is(join(', ', map { $_->{body}{content} } $desk->replies($late->{conversation}{id})), 'late one, the second',
	'a message that arrives while the reply leaves is answered after it');
$desk->rules();

# ---- no quiet time ----

my @quick = map { post("quick $_") } 1 .. 3;
$desk->wait_for_rest($account);
is(scalar(map { $desk->replies($_->{conversation}{id}) } @quick), 3, 'with no quiet time, messages are answered at once');

done_testing();
