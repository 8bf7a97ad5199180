# The main job, end to end: a signed webhook becomes a reply at Chatwoot, by
# the models that the graph names, and the story of it can be read with SQL.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use Test::More;

my $desk = Frontdesk->start(conf => "frontdesk.router_confidence = 1.01\nautovacuum = off\n");
my $account = $desk->account('Clinic');

my $event = $desk->message_event($account, 'I am a nurse and want to apply [[route=recruitment]]');
my $answer = $desk->post_webhook($account, $event);
is($answer->{status}, 200, 'a signed webhook is accepted');
is($answer->{json}{status}, 'stored', 'and stored');
$desk->wait_for_rest($account);

my $display = $event->{conversation}{id};
my @models = map { $_->{path} } grep { $_->{service} ne 'chatwoot' } $desk->requests;
is_deeply(\@models, [ '/v1/chat/completions', '/v1/chat/completions', '/v1/messages' ],
	'router, extraction and conversation were asked, each once');
my @replies = grep { $_->{method} eq 'POST' && $_->{path} =~ m{/conversations/$display/messages$} } $desk->requests('chatwoot');
is(scalar @replies, 1, 'Chatwoot got one reply');
is($replies[0]{body}{message_type} // 'outgoing', 'outgoing', 'which is outgoing');
my $thread = $desk->sql("SELECT id FROM frontdesk.conversations WHERE account_id = $account->{id} AND display_id = $display");
is($replies[0]{body}{content_attributes}{frontdesk}, "$thread/1", 'and carries our marker');

is($desk->sql("SELECT string_agg(node, ' ' ORDER BY seq) FROM frontdesk.checkpoints WHERE thread_id = '$thread'"),
	'classify extract_lead_info generate_response', 'the checkpoints tell the steps');
is($desk->sql("SELECT state ->> 'route' FROM frontdesk.conversation_state WHERE conversation = '$thread'"),
	'recruitment', 'and conversation_state the route');
is($desk->sql("SELECT string_agg(direction || ':' || author, ' ' ORDER BY seq) FROM frontdesk.messages WHERE conversation_id = '$thread'"),
	'incoming:customer outgoing:bot', 'both messages are stored, once');
is($desk->sql("SELECT content = '$replies[0]{body}{content}' FROM frontdesk.messages WHERE conversation_id = '$thread' AND direction = 'outgoing'"),
	't', 'the reply as it was sent');

my $again = $desk->post_webhook($account, $event);
is($again->{json}{status}, 'duplicate', 'the same webhook again is a duplicate');
$desk->wait_for_rest($account);
is(scalar(grep { $_->{method} eq 'POST' && $_->{path} =~ m{/messages$} } $desk->requests('chatwoot')), 1,
	'and gets no second reply');

# What a planner knows of tables that were empty at the first turn must not matter:
# each look-up is by a whole key, however many others there are.
sub ask
{
	my ($n) = @_;
	my @pair = map { $desk->message_event($account, "$_ number $n [[route=recruitment]]") } 'I am a nurse and want to apply', 'And I have a question';
	# both from one person
	$pair[1]{sender} = $pair[0]{sender};
	$pair[1]{conversation}{meta} = $pair[0]{conversation}{meta};
	$desk->post_webhook($account, $_) for @pair;
	$desk->wait_for_rest($account) if $n % 20 == 0;
	return;
}

ask($_) for 1 .. 60;
$desk->sql('SELECT pg_stat_reset()');
ask($_) for 61 .. 80;
my $reads = q{SELECT string_agg(indexrelname || ' ' || idx_tup_read / idx_scan, ', ') FROM pg_stat_user_indexes
	WHERE relname IN ('leads', 'conversations', 'threads', 'messages', 'mailbox', 'deliveries', 'checkpoints') AND idx_scan > 0 AND idx_tup_read > 20 * idx_scan};
$desk->wait_until(q{SELECT idx_scan > 20 FROM pg_stat_user_indexes WHERE indexrelname = 'threads_pkey'}, 'the workers to have told what they read');
is($desk->sql($reads), '', 'a turn reads its own rows');

done_testing();
