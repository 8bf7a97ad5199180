# The main job, end to end: a signed webhook becomes a reply at Chatwoot, by
# the models that the graph names, and the story of it can be read with SQL.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use Test::More;

my $desk = Frontdesk->start(conf => "frontdesk.router_confidence = 1.01\n");
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

done_testing();
