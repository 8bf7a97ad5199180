# The server is stopped while the desk is busy, fast and at once: it stops
# without waiting for the outside world, and afterwards everybody is answered
# once.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use Test::More;

my $desk = Frontdesk->start(conf => "frontdesk.router_confidence = 1.01\n");
my $account = $desk->account('Clinic');

sub post
{
	my ($content) = @_;
	my $event = $desk->message_event($account, $content);
	my $answer = $desk->post_webhook($account, $event);
	BAIL_OUT("webhook: $answer->{status} $answer->{content}") unless $answer->{status} == 200;
	return $event;
}

for my $mode ('fast', 'immediate')
{
	# one call hangs, one reply has arrived though nobody was told, one has not
	$desk->rules(
		{ match => { service => 'openai', contains => "$mode call", times => 1 }, action => { stall => JSON::PP::true } },
		{ match => { service => 'chatwoot', method => 'POST', contains => "$mode arrives", times => 1 }, action => { delay_ms => 600_000 } },
		{ match => { service => 'chatwoot', method => 'POST', contains => "$mode vanishes", times => 1 }, action => { stall => JSON::PP::true } });
	my ($call, @replies) = map { post($_) } "$mode call", "[[reply=$mode arrives]]", "[[reply=$mode vanishes]]";
	$desk->wait_for('all three to be in flight', sub {
		1 == grep { index(JSON::PP::encode_json($_->{body} // {}), "$mode call") >= 0 } $desk->requests('openai');
	});
	$desk->wait_for('both replies to be on their way', sub { 2 == grep { $desk->replies($_->{conversation}{id}) == 1 } @replies });

	my $since = time;
	$desk->node->stop($mode);
	cmp_ok(time - $since, '<', 120, "$mode: the server stops without waiting for the outside world");
	$desk->node->start;
	$desk->wait_for_rest($account);
	is(scalar($desk->replies($call->{conversation}{id})), 1, "$mode: the step in flight was run again, and answered once");
	for my $case ([ $replies[0], 'arrives', 1 ], [ $replies[1], 'vanishes', 2 ])
	{
		my ($event, $what, $asked) = @$case;
		my $said = $desk->fake_control('GET', "conversations/$event->{conversation}{id}/messages?account=3");
		is(scalar($desk->replies($event->{conversation}{id})), $asked, "$mode: the reply that $what is posted $asked times in all");
		is(scalar(grep { ($_->{content} // '') eq "$mode $what" } @{ $said->{messages} }), 1, "$mode: the customer reads it once");
	}
	is($desk->sql(q{SELECT count(*) FROM frontdesk.deliveries WHERE status <> 'sent'}), '0', "$mode: no delivery is left in limbo");
}
ok(!$desk->node->log_contains('PANIC:', 0), 'no worker has ever waited with a transaction open');

done_testing();
