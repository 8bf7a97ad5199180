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

$desk->node->append_conf('postgresql.conf', 'frontdesk.quiet_time = 0');
$desk->node->restart;
$desk->rules({ match => { service => 'openai', contains => 'first word', times => 1 }, action => { delay_ms => 700 } });
my $talk = post('first word');
$desk->wait_for('the router to be asked', sub { scalar(asked('first word')) });
post('second word', $talk);
is($desk->in_flight('openai'), 1, 'a message arrives while a call of its conversation is in flight');
$desk->wait_for_rest($account);
is(thread($talk, 'turns'), '2', 'it has a turn of its own');
my @said = grep { asked($_) } 'second word';
is(scalar @said, 1, 'in which a model reads it');
is(thread($talk, q{state ->> 'content'}), 'second word', 'and it is what the state holds');
is($desk->sql(sprintf q{SELECT count(*) FROM frontdesk.mailbox WHERE thread_id = '%s'}, thread_of($talk)), '0', 'no mail is left over');
is(thread($talk, 'read_seq = wake_seq'), 't', 'all of it was read');
is(scalar($desk->replies($talk->{conversation}{id})), 2, 'two turns, two replies');

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
