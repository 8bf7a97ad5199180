# One vocabulary of failures: the same cause has the same class at every far
# side, and is tried again, or not, at every far side.  The stand-ins answer
# with every status and break the connection in every way; each case is an
# account of its own, with keys of its own, so that none closes a far side to
# another.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my $true = JSON::PP::true;
my $large = 'x' x 200_000;
my $stop_429 = '{"type":"error","error":{"type":"rate_limit_error","message":"over your cap",'
  . '"details":{"error_code":"enforced_spend_limit_reached"}},"request_id":"req_1"}';
my @all = qw(openai anthropic chatwoot);
my @models = qw(openai anthropic);

# cause, what the far side does, the class, whether it is tried again, where
my @cases = (
	[ '301', { status => 301 }, 'not_found', 0, @all ],
	[ '400', { status => 400 }, 'bad_request', 0, @all ],
	[ '401', { status => 401 }, 'auth', 0, @all ],
	[ '402', { status => 402 }, 'quota', 0, @all ],
	[ '403', { status => 403, body => '{"error": {"message": "no"}}' }, 'forbidden', 0, @all ],
	[ '404', { status => 404 }, 'not_found', 0, @all ],
	[ '405', { status => 405 }, 'bad_request', 0, @all ],
	[ '408', { status => 408 }, 'timeout', 1, @all ],
	[ '409', { status => 409 }, 'conflict', 1, @all ],
	[ '410', { status => 410 }, 'not_found', 0, @all ],
	# what is too long for a model is asked in fewer words
	[ '413', { status => 413 }, 'too_large', 1, @models ],
	[ '413-message', { status => 413 }, 'too_large', 0, 'chatwoot' ],
	[ '418', { status => 418 }, 'bad_request', 0, @all ],
	[ '422', { status => 422 }, 'bad_request', 0, @all ],
	[ '423', { status => 423 }, 'conflict', 1, @all ],
	[ '429', { status => 429 }, 'rate_limit', 1, @all ],
	[ '500', { status => 500 }, 'server_error', 1, @all ],
	[ 'html-502', { status => 502, html => $true }, 'server_error', 1, @all ],
	[ '503', { status => 503 }, 'overloaded', 1, @all ],
	[ '504', { status => 504 }, 'timeout', 1, @all ],
	[ '529', { status => 529 }, 'overloaded', 1, @all ],
	[ 'reset', { reset => $true }, 'connection', 1, @all ],
	[ 'close', { close => $true }, 'connection', 1, @all ],
	[ 'cut', { half_body => $true }, 'connection', 1, @models ],
	[ 'stall', { stall => $true }, 'timeout', 1, @all ],
	[ 'large', { body => $large }, 'too_large', 0, @models ],
	# what may have taken effect and does no harm twice is done again
	[ 'large-effect', { body => $large }, 'too_large', 1, 'chatwoot' ],
	[ 'garbage', { garbage => $true }, 'invalid', 1, @models ],
	[ 'html-200', { html => $true }, 'invalid', 1, @models ],
	[ 'declined', { refusal => $true }, 'refused', 0, @models ],
	[ 'cut-off', { truncated => $true }, 'truncated', 0, @models ],
	# in the vendors' own words
	[ 'quota-code', { status => 429, error_code => 'insufficient_quota' }, 'quota', 0, 'openai' ],
	[ 'quota-detail', { status => 429, body => $stop_429 }, 'quota', 0, 'anthropic' ],
	[ 'no-model', { status => 403, error_code => 'model_not_found' }, 'not_found', 0, 'openai' ],
	[ 'filter', { status => 400, error_code => 'content_filter' }, 'refused', 0, 'openai' ],
	[ 'context', { status => 400, error_code => 'context_length_exceeded' }, 'too_large', 1, 'openai' ],
	[ 'busy-200', { body => '{"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}' }, 'overloaded', 1, 'anthropic' ],
	[ 'error-200', { body => '{"error": "try again"}' }, 'server_error', 1, @models ],
	[ 'no-right', { status => 401, body => '{"error":"You are not authorized to do this action"}' }, 'forbidden', 0, 'chatwoot' ],
	[ 'bots', { status => 401, body => '{"error":"Access to this endpoint is not authorized for bots"}' }, 'forbidden', 0, 'chatwoot' ],
	[ 'flood', { status => 422, body => '{"error":"Too many messages"}' }, 'rate_limit', 1, 'chatwoot' ],
);

my $desk = Frontdesk->start(conf => <<'CONF');
frontdesk.router_confidence = 1.01
frontdesk.settle_time = 1500ms
frontdesk.http_timeout = 4s
frontdesk.http_response_limit = 100kB
frontdesk.fallback_after = '1d'
CONF

$desk->sql(<<'SQL');
CREATE FUNCTION frontdesk.speak(account_id integer, thread_id uuid, state jsonb) RETURNS jsonb LANGUAGE sql
SET search_path = pg_catalog, pg_temp AS $f$ SELECT '{"deliver": [{"kind": "priority", "priority": "high"}, {"kind": "reply", "content": "sorry"}]}'::jsonb $f$;
ALTER EXTENSION pg_frontdesk ADD FUNCTION frontdesk.speak(integer, uuid, jsonb);
SQL

# An account that asks one vendor, then the other, and then speaks, whatever
# came of it.
sub account
{
	my ($name) = @_;
	my $account = $desk->account($name);
	my $id = $account->{id};
	$desk->sql(<<"SQL");
INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt, max_tokens, fallback)
  SELECT $id, 'ask_' || p.name, p.name, 'm', 'Answer.', 100, '{human}' FROM (VALUES ('openai'), ('anthropic')) AS p(name);
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($id, 'conversation', 1, 'openai');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, agent, error_node) VALUES
  ($id, 'conversation', 1, 'openai', 'llm', 'ask_openai', 'anthropic'), ($id, 'conversation', 1, 'anthropic', 'llm', 'ask_anthropic', 'speak');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, function) VALUES ($id, 'conversation', 1, 'speak', 'function', 'speak');
INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target) VALUES
  ($id, 'conversation', 1, 'openai', 1, 'anthropic'), ($id, 'conversation', 1, 'anthropic', 1, 'speak'), ($id, 'conversation', 1, 'speak', 1, NULL);
UPDATE frontdesk.graphs SET active = true WHERE account_id = $id;
SQL
	return $account;
}

sub rule_of
{
	my ($case, $service) = @_;
	my %match = $service eq 'chatwoot' ? (path_contains => "/conversations/$case->{display}/toggle_priority") : (contains => "case-$case->{name}#");
	return { match => { service => $service, %match }, action => $case->{action} };
}

sub say
{
	my ($account, $event) = @_;
	my $answer = $desk->post_webhook($account, $event);
	BAIL_OUT("webhook: $answer->{status} $answer->{content}") unless $answer->{status} == 200;
	return;
}

# How often a model was asked for a case.
sub asked
{
	my ($case, $service) = @_;
	my $json = JSON::PP->new->canonical;
	return scalar grep { index($json->encode($_->{body} // {}), "case-$case->{name}#") >= 0 } $desk->requests($service);
}

my %met;

sub check_model
{
	my ($case, $service) = @_;
	is($desk->sql("SELECT failure ->> 'class' FROM frontdesk.checkpoints WHERE account_id = $case->{account}{id} AND node = '$service' ORDER BY seq DESC LIMIT 1"),
		$case->{class}, "$service $case->{name}: $case->{class}");
	# libcurl may repeat what has no effect by itself, where a connection breaks
	is(asked($case, $service) > 1 ? 1 : 0, $case->{again}, $case->{again} ? 'tried again' : 'not tried again');
	$met{ $case->{class} }++;
	return;
}

# The first attempts at Chatwoot tell: all of them would take long.
sub check_chatwoot
{
	my ($case) = @_;
	my $priority = "FROM frontdesk.deliveries WHERE account_id = $case->{account}{id} AND kind = 'priority' ORDER BY seq LIMIT 1";
	$desk->wait_until("SELECT failure IS NOT NULL AND (attempts > 1 OR status = 'dead') $priority", "Chatwoot to fail $case->{name}");
	is($desk->sql("SELECT (failure ->> 'class') || CASE WHEN attempts > 1 THEN ' again' ELSE '' END $priority"),
		$case->{class} . ($case->{again} ? ' again' : ''), "chatwoot $case->{name}: $case->{class}");
	return;
}

# ---- every cause, everywhere ----

my @played;
for (@cases)
{
	my ($name, $action, $class, $again, @where) = @$_;
	my $account = account("Case $name");
	my $event = $desk->message_event($account, "case-$name#");
	push @played, { name => $name, action => $action, class => $class, again => $again, where => \@where,
		account => $account, event => $event, display => $event->{conversation}{id} };
}

# beside them: a reply of which nobody can tell, its look-up failing too
my $unknown = account('Unknown');
my $unknown_event = $desk->message_event($unknown, 'Hello');
my $display = $unknown_event->{conversation}{id};
$desk->rules({ match => { service => 'chatwoot', path_contains => "/conversations/$display/messages" }, action => { status => 500 } },
	map { my $case = $_; map { rule_of($case, $_) } @{ $case->{where} } } @played);
say($unknown, $unknown_event);
say($_->{account}, $_->{event}) for @played;
for my $case (@played)
{
	my %at = map { $_ => 1 } @{ $case->{where} };
	$desk->wait_until("SELECT count(*) > 0 FROM frontdesk.checkpoints WHERE account_id = $case->{account}{id} AND node = 'speak'", "$case->{name} to come to its end");
	check_model($case, $_) for grep { $at{$_} } @models;
	check_chatwoot($case) if $at{chatwoot};
}
my $reply = "FROM frontdesk.deliveries WHERE account_id = $unknown->{id} AND payload ->> 'content' = 'sorry'";
$desk->wait_until("SELECT failure IS NOT NULL $reply", 'the reply to fail');
is($desk->sql("SELECT failure ->> 'class' $reply"), 'uncertain', 'a message that may have arrived is uncertain');
$desk->rules;

# ---- nobody is asked: our own rows, settings and keys ----

my $keyless = account('Without keys');
$desk->sql("SELECT frontdesk.delete_secret($keyless->{id}, p) FROM unnest(ARRAY['provider:openai', 'provider:anthropic', 'chatwoot_bot_token:$keyless->{site}', 'chatwoot_user_token:$keyless->{site}']) AS p");
say($keyless, $desk->message_event($keyless, 'Hello'));
$desk->wait_for_rest($keyless);
is($desk->sql("SELECT string_agg(failure ->> 'class' || ' ' || (failure ->> 'code'), ', ' ORDER BY seq) FROM frontdesk.checkpoints WHERE account_id = $keyless->{id} AND failure IS NOT NULL"),
	'unusable no_key, unusable no_key', 'a model without a key');
is($desk->sql("SELECT string_agg(DISTINCT failure_class, ' ') FROM frontdesk.dead_letters WHERE account_id = $keyless->{id}"), 'unusable', 'a Chatwoot without a token');

my $inside = account('Inside');
$desk->sql('ALTER SYSTEM SET frontdesk.egress_allow_private = off');
$desk->sql('SELECT pg_reload_conf()');
$desk->sql("UPDATE frontdesk.providers SET base_url = 'https://127.0.0.1:1' WHERE account_id = $inside->{id}");
say($inside, $desk->message_event($inside, 'Hello'));
$desk->wait_for_rest($inside);
is($desk->sql("SELECT string_agg(failure ->> 'class', ' ' ORDER BY seq) FROM frontdesk.checkpoints WHERE account_id = $inside->{id} AND failure IS NOT NULL"), 'egress egress', 'models at an address that requests may not leave for');
is($desk->sql("SELECT string_agg(DISTINCT failure_class, ' ') FROM frontdesk.dead_letters WHERE account_id = $inside->{id}"), 'egress', 'and a Chatwoot');
$desk->sql('ALTER SYSTEM RESET frontdesk.egress_allow_private');
$desk->sql('SELECT pg_reload_conf()');

# ---- the list is whole ----

$met{$_}++ for qw(uncertain unusable egress);
# seen by the tests of what causes them: limits, budgets, functions, questions, bursts
$met{$_}++ for qw(limit budget tool lost deadline withdrawn joined overtaken);
my %listed = map { $_ => 1 } slurp_file("$FindBin::Bin/../../docs/reference/errors.md") =~ /^\| `(\w+)` \| [^|\n]+ \| (?:yes|no) \| \w+ \|/gm;
is_deeply([ sort keys %met ], [ sort keys %listed ], 'every class of docs/reference/errors.md was met, and no other');
is($desk->sql("SELECT bool_and(frontdesk.is_failure_class(w)) FROM unnest(ARRAY['" . join("','", keys %listed) . "']) AS w"), 't', 'and is one');

done_testing();
