# Coming back to a customer on a day that an agent noted: days later, once,
# and not when the customer wrote before, a person took over or the
# conversation was closed.  The test owns the clock.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use POSIX qw(strftime);
use Test::More;

my $desk = Frontdesk->start(conf => "frontdesk.router_confidence = 1.01\n");
my $account = $desk->account('Clinic');
my $id = $account->{id};
my $shift = 0;
my $day = strftime '%Y-%m-%d', gmtime(time + 5 * 86400);

sub clock
{
	my ($days) = @_;
	$desk->sql("SELECT frontdesk.shift_clock('$days days')");
	$shift = 86400 * $days;
	return;
}

sub post { my ($event) = @_; return $desk->post_webhook($account, $event, timestamp => time + $shift) }

sub hear
{
	my ($content, $former) = @_;
	# a channel on which anything may be written days later
	my $event = $desk->message_event($account, $content, channel => 'Channel::WebWidget', $former ? (conversation => $former->{conversation}{id}) : ());
	post($event);
	$desk->wait_for_rest($account);
	return $event;
}

# A customer to come back to on a day.
sub ask_for
{
	my ($when, $former) = @_;
	return hear("Is the bed in stock? [[route=stock_alert]] [[stock_alert_requested=false]] [[agent_response=We will see.]] [[follow_up_needed=true]] [[follow_up_date=$when]]", $former);
}

sub said { return map { $_->{body}{content} } grep { !$_->{body}{private} } $desk->replies($_[0]{conversation}{id}) }
sub key_of { return $desk->sql("SELECT id FROM frontdesk.conversations WHERE display_id = $_[0]{conversation}{id}") }
sub due { return $desk->sql(sprintf q{SELECT due_at::date FROM frontdesk.alarms WHERE name = 'write_follow_up' AND thread_id = '%s'}, key_of($_[0])) }

# a person keeps what a person has taken
$desk->sql("INSERT INTO frontdesk.people_rules (account_id, return_after) VALUES ($id, NULL)");
my $waits = ask_for($day);
my $never = ask_for('next week, perhaps');
my $past = ask_for('2020-02-02');
my $wrote = ask_for($day);
my $taken = ask_for($day);
my $closed = ask_for($day);
is_deeply([ said($waits) ], ['We will see.'], 'the customer is answered');
is(due($waits), $day, 'and the day is noted');
is(due($never), '', 'what is no date is no follow-up, and no error');
is(due($past), '', 'nor is a day that has passed');

hear('Never mind [[reply=All right.]]', $wrote);
is(due($wrote), '', 'a customer who writes before then is not reminded');
is($desk->sql(sprintf q{SELECT state ->> 'follow_up_needed' FROM frontdesk.threads WHERE id = '%s'}, key_of($wrote)), 'false', 'nor does the state say so any more');
post($desk->message_event($account, 'Ana here', conversation => $taken->{conversation}{id}, message_type => 'outgoing', sender => { id => 7, name => 'Ana', type => 'user' }));
post({ %{ $closed->{conversation} }, event => 'conversation_status_changed', account => { id => 3, name => 'Clinic' }, status => 'resolved', updated_at => time + 100 });

clock(4);
is(scalar(said($waits)), 1, 'before the day nothing is said');
$desk->node->restart;
clock(6);
$desk->wait_until(sprintf(q{SELECT turns = 2 FROM frontdesk.threads WHERE id = '%s'}, key_of($waits)), 'the follow-up');
$desk->wait_until(q{SELECT NOT EXISTS (SELECT FROM frontdesk.alarms WHERE name = 'write_follow_up')}, 'all alarms');
$desk->wait_for_rest($account);
is(scalar(said($waits)), 2, 'on the day, restart or not, the customer hears from us');
is($desk->sql(sprintf q{SELECT string_agg(node, ' ' ORDER BY seq) FROM frontdesk.checkpoints WHERE thread_id = '%s' AND turn = 2}, key_of($waits)),
	'classify generate_response', 'the turn walks the graph to the agent that writes');
my @asked = grep { $_->{service} eq 'anthropic' && JSON::PP::encode_json($_->{body}) =~ /has not written again/ } $desk->requests;
is(scalar(@asked), 1, 'which is told what to write');
is(scalar(grep { $_->{service} eq 'openai' && JSON::PP::encode_json($_->{body}) =~ /has not written again/ } $desk->requests), 0, 'and no model sorts what nobody wrote');
is(scalar(said($wrote)), 2, 'who wrote in between hears nothing');
is(scalar(said($taken)), 1, 'nor does whom a person has');
is(scalar(said($closed)), 1, 'nor whose conversation is resolved');
is($desk->sql(q{SELECT string_agg(detail ->> 'reason', ', ' ORDER BY detail ->> 'reason') FROM frontdesk.audit WHERE action = 'follow_up.dropped'}),
	'a person has the conversation, the conversation is resolved', 'the trail says what was dropped');

hear('Thank you [[reply=You are welcome.]]', $waits);
is((said($waits))[-1], 'You are welcome.', 'the next message is a turn like any');
is(scalar(grep { $_->{service} eq 'anthropic' && JSON::PP::encode_json($_->{body}) =~ /has not written again/ } $desk->requests), 1, 'and no follow-up');

$desk->sql("UPDATE frontdesk.people_rules SET follow_up_on_message = 'keep', approval_by_agent = '{\"conversation\": \"approve\"}' WHERE account_id = $id");
clock(0);
my $kept = ask_for($day);
hear('One more thing [[reply=Yes?]]', $kept);
is(due($kept), $day, 'an account may keep what was planned');
clock(6);
$desk->wait_until(sprintf(q{SELECT turns = 3 FROM frontdesk.threads WHERE id = '%s'}, key_of($kept)), 'the follow-up');
$desk->wait_for_rest($account);
is(scalar(said($kept)), 1, 'a follow-up waits for approval where replies do');
is($desk->sql(sprintf q{SELECT string_agg(status, ' ' ORDER BY id) FROM frontdesk.reply_drafts WHERE conversation_id = '%s'}, key_of($kept)), 'withdrawn open', 'as the newest draft');

# ---- a channel that takes nothing so late ----

my $narrow = $desk->account('Narrow');
clock(0);
my $late = $desk->message_event($narrow, "Is the bed in stock? [[route=stock_alert]] [[stock_alert_requested=false]] [[agent_response=We will see.]] [[follow_up_needed=true]] [[follow_up_date=$day]]");
post($late);
$desk->wait_for_rest($narrow);
my @notes = map { $_->{body}{content} } grep { $_->{body}{private} } $desk->replies($late->{conversation}{id});
like("@notes", qr/on $day\. The channel takes nothing so late/, 'people are told at once that the channel will be closed');
is(due($late), $day, 'and the day is noted');
clock(6);
$desk->wait_until(sprintf(q{SELECT handled_by = 'human' FROM frontdesk.conversations WHERE id = '%s'}, key_of($late)), 'people');
$desk->wait_for_rest($narrow);
is($desk->sql(sprintf q{SELECT handled_by FROM frontdesk.conversations WHERE id = '%s'}, key_of($late)), 'human', 'on the day people have the conversation');
is(join('|', said($late)), 'We will see.', 'and nothing is sent that would not arrive');

done_testing();
