# Money: what calls may cost is set aside before they leave, so that no number
# of conversations at once spends more than an account has; and who answers
# when a provider cannot be asked, or may not.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use JSON::PP;
use Test::More;

my $desk = Frontdesk->start(conf => <<'CONF');
frontdesk.workers = 2
frontdesk.node_attempts = 1
CONF
my $true = JSON::PP::true;
my $model = 'claude-sonnet-5-5';

sub post
{
	my ($account, $content, %option) = @_;
	my $event = $desk->message_event($account, $content, %option);
	my $answer = $desk->post_webhook($account, $event);

	BAIL_OUT("webhook: $answer->{status} $answer->{content}") unless $answer->{status} == 200;
	return $event;
}

# An account whose conversations are one call each, of an agent with this fallback.
sub account
{
	my ($name, $fallback) = @_;
	my $account = $desk->account($name);
	my $id = $account->{id};

	$desk->sql(<<"SQL");
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($id, 'conversation', 1, 'answer');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, agent, error_node) VALUES ($id, 'conversation', 1, 'answer', 'llm', 'conversation', 'give_up');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, function) VALUES ($id, 'conversation', 1, 'give_up', 'function', 'escalate_to_human');
INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target) VALUES ($id, 'conversation', 1, 'answer', 1, NULL);
UPDATE frontdesk.graphs SET active = true WHERE account_id = $id;
INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt, max_tokens, fallback)
  SELECT $id, name, provider, '$model', prompt, 1000, '$fallback' FROM frontdesk.agents WHERE account_id = 0 AND name = 'conversation';
INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt, max_tokens)
  VALUES ($id, 'deputy', 'openai', 'gpt-6-luna', 'You are the deputy.', 1000);
SQL
	return $account;
}

sub asked { return scalar $desk->requests($_[0]) }

# What each conversation of the account was answered by, sorted.
sub models
{
	my ($account) = @_;
	return $desk->sql(<<"SQL");
SELECT string_agg(concat_ws(' ', regexp_replace(model, ' .*', ''), failure ->> 'class', failure ->> 'code'), ', ' ORDER BY created_at, seq)
FROM frontdesk.checkpoints WHERE account_id = $account->{id} AND node = 'answer'
SQL
}

# ---- who answers ----

my @cases = (
	[ 'an agent', '{deputy,local}', 'openai/gpt-6-luna server_error api_error', 1, 1 ],
	[ 'another model', '{openai/gpt-6-astra,local}', 'openai/gpt-6-astra server_error api_error', 1, 1 ],
	[ 'the local provider', '{local,deputy}', 'local server_error api_error', 1, 0 ],
	[ 'a person', '{human,local}', "anthropic/$model server_error api_error", 1, 0 ],
	[ 'nobody', '{}', "anthropic/$model server_error api_error", 1, 0 ]);
for (@cases)
{
	my ($who, $fallback, $models, $first, $second) = @$_;
	my $account = account("Falls back on $who", $fallback);

	$desk->forget_requests;
	$desk->rules({ match => { service => 'anthropic' }, action => { status => 500 } });
	$desk->sql("INSERT INTO frontdesk.knowledge (account_id, question, answer) VALUES ($account->{id}, 'Do you sell umbrellas?', 'Red ones.')");
	my $event = post($account, 'Do you sell umbrellas?');
	$desk->wait_for_rest($account);
	is(models($account), $models, "$who: the checkpoint says who answered, and why not the first");
	is(asked('anthropic') . asked('openai'), "$first$second", "$who: so many were asked");
	my $human = $desk->sql("SELECT handled_by FROM frontdesk.conversations WHERE account_id = $account->{id}");
	is($human, $models =~ /^anthropic/ ? 'human' : 'bot', "$who: a person takes over only then");
}

my $chain = account('Chain', '{deputy,local,human}');
$desk->forget_requests;
$desk->rules({ match => { service => 'anthropic' }, action => { status => 500 } }, { match => { service => 'openai' }, action => { status => 500 } });
post($chain, 'first');
$desk->wait_for_rest($chain);
is(models($chain), 'local server_error api_error', 'a fallback that fails too is followed by the next');
is(asked('anthropic') . asked('openai'), '11', 'each was asked once');
like($desk->sql("SELECT model FROM frontdesk.checkpoints WHERE account_id = $chain->{id}"), qr/^local \(anthropic/, 'and the first is named');

# the breaker is open: the provider is not asked at all
$desk->rules({ match => { service => 'anthropic' }, action => { status => 500 } });
post($chain, "again $_"), $desk->wait_for_rest($chain) for 1 .. 4;
is($desk->sql("SELECT breaker FROM frontdesk.provider_limits WHERE account_id = $chain->{id} AND provider = 'anthropic'"), 'open', 'five failures open the breaker');
$desk->forget_requests;
post($chain, 'once more');
$desk->wait_for_rest($chain);
is(asked('anthropic') . asked('openai'), '01', 'while the breaker is open the fallback is asked at once');
like(models($chain), qr{openai/gpt-6-luna limit breaker$}, 'and the checkpoint says so');

# asked to wait for longer than the setting
my $busy = account('Busy', '{wait}');
$desk->rules({ match => { service => 'anthropic', times => 1 }, action => { status => 429, retry_after => 300 } });
$desk->sql("UPDATE frontdesk.agents SET fallback = '{deputy}' WHERE account_id = $busy->{id} AND name = 'conversation'");
post($busy, 'one'), $desk->wait_for_rest($busy);
$desk->forget_requests;
post($busy, 'two'), $desk->wait_for_rest($busy);
is(asked('anthropic') . asked('openai'), '01', 'a provider that asks for five minutes is not waited for where there is a fallback');
$desk->rules();

# ---- budgets ----

sub spent
{
	my ($account) = @_;
	return $desk->sql("SELECT coalesce(sum(cost), 0) FROM frontdesk.checkpoints WHERE account_id = $account->{id}");
}

sub budget
{
	my ($account, $columns, $values) = @_;
	$desk->sql("INSERT INTO frontdesk.budgets (account_id, $columns) VALUES ($account->{id}, $values)");
	return;
}

# fifty conversations at once, money for a few
my $race = account('Race', '{local}');
budget($race, 'per_day, at_limit', "0.1, 'local'");
$desk->forget_requests;
$desk->fake_control('POST', 'latency', { anthropic => 200 });
my @events = map { post($race, "race $_") } 1 .. 50;
my $most = 0;
$desk->wait_for('the race to end', sub {
	my ($reserved, $sum) = split /\|/, $desk->sql("SELECT reserved, spent_today + reserved FROM frontdesk.budget_use WHERE account_id = $race->{id}");
	$most = $sum if $sum > $most;
	return $desk->sql("SELECT NOT EXISTS (SELECT FROM frontdesk.ready WHERE account_id = $race->{id})") eq 't'; });
$desk->fake_control('POST', 'latency', { anthropic => 0 });
cmp_ok($most, '<=', 0.1, 'spent and reserved together never exceed the budget');
cmp_ok($most, '>', 0, 'and something was reserved');
cmp_ok(spent($race), '<=', 0.1, 'what was spent stays within it');
my $calls = asked('anthropic');
cmp_ok($calls, '>', 0, "some ($calls of 50) were asked of the model");
cmp_ok($calls, '<', 50, 'and the others were not');
is($desk->sql("SELECT count(*) FROM frontdesk.checkpoints WHERE account_id = $race->{id} AND model LIKE 'local%' AND failure ->> 'class' = 'budget'"), 50 - $calls, 'they were answered locally, and the checkpoints say why');
is($desk->sql("SELECT reserved FROM frontdesk.budget_use WHERE account_id = $race->{id}"), '0.000000', 'nothing stays reserved');
is($desk->sql("SELECT spent_today = (SELECT sum(cost) FROM frontdesk.checkpoints WHERE account_id = $race->{id})::numeric(12,6) FROM frontdesk.budget_use WHERE account_id = $race->{id}"), 't', 'and what is counted is what the checkpoints cost');

# a restart forgets nothing
$desk->sql("DELETE FROM frontdesk.budgets WHERE account_id = $race->{id}");
budget($race, 'per_day, at_limit', "0.02, 'local'");
$desk->sql("UPDATE frontdesk.checkpoints SET cost = 0.5 WHERE account_id = $race->{id} AND seq = (SELECT min(seq) FROM frontdesk.checkpoints WHERE account_id = $race->{id}) AND model LIKE 'anthropic%'");
my $before = spent($race);
$desk->node->restart;
$desk->forget_requests;
cmp_ok($before, '>=', 0.5, 'much was spent today');
$desk->sql("UPDATE frontdesk.budgets SET per_day = $before WHERE account_id = $race->{id}");
post($race, 'after the restart');
$desk->wait_until("SELECT count(*) = 51 FROM frontdesk.checkpoints WHERE account_id = $race->{id}", 'the turn to end');
is(asked('anthropic'), 0, 'after a restart of the server what was spent before counts');

# a person, or the next day
my $person = account('Person', '{local}');
budget($person, 'per_month, at_limit', "0, 'human'");
post($person, 'hello');
$desk->wait_for_rest($person);
is($desk->sql("SELECT handled_by FROM frontdesk.conversations WHERE account_id = $person->{id}"), 'human', 'at_limit human: a person takes over');
like($desk->sql("SELECT status_reason IS NULL, state ->> 'escalation_reason' FROM frontdesk.threads WHERE account_id = $person->{id}"), qr/budget for the month/, 'and is told why');

my $patient = account('Patient', '{local}');
budget($patient, 'per_day, at_limit', "0.00001, 'wait'");
post($patient, 'hello');
$desk->wait_until("SELECT status = 'waiting' AND status_reason LIKE '%budget for the day%' FROM frontdesk.threads WHERE account_id = $patient->{id}", 'the turn to rest');
is(asked('anthropic'), 0, 'at_limit wait: the turn rests, and says for what');
$desk->sql("UPDATE frontdesk.budgets SET per_day = 1 WHERE account_id = $patient->{id}");
$desk->sql(q{SELECT frontdesk.shift_clock('20 minutes')});
$desk->wait_for_rest($patient);
is(asked('anthropic'), 1, 'and goes on when there is money');
$desk->sql(q{SELECT frontdesk.shift_clock('0')});

my $talker = account('Talker', '{local}');
budget($talker, 'per_conversation, at_limit', "0.02, 'local'");
$desk->forget_requests;
my $first = post($talker, 'message 1');
$desk->wait_for_rest($talker);
for (2 .. 8)
{
	post($talker, "message $_", conversation => $first->{conversation}{id});
	$desk->wait_for_rest($talker);
}
my $paid = asked('anthropic');
cmp_ok($paid, '<', 8, "a conversation has a budget of its own: $paid of 8 messages were paid for");
cmp_ok($paid, '>', 0, 'and it was used');
post($talker, 'somebody else');
$desk->wait_for_rest($talker);
is(asked('anthropic'), $paid + 1, 'another conversation has its own');

# a model without a price, named by the account and paid with the house's key
sub guest
{
	my ($name, $budget) = @_;
	my $account = account($name, '{local}');
	$desk->sql("DELETE FROM frontdesk.providers WHERE account_id = $account->{id};
		SELECT frontdesk.delete_secret($account->{id}, 'provider:anthropic');
		UPDATE frontdesk.agents SET model = 'claude-unheard-of' WHERE account_id = $account->{id} AND name = 'conversation'");
	budget($account, 'per_day', $budget) if defined $budget;
	$desk->forget_requests;
	return $account;
}

sub cost { return $desk->sql("SELECT cost FROM frontdesk.checkpoints WHERE account_id = $_[0]{id} AND node = 'answer' ORDER BY created_at DESC LIMIT 1") }

$desk->sql("UPDATE frontdesk.providers SET base_url = '" . $desk->fakes . "' WHERE account_id = 0 AND name = 'anthropic';
	SELECT frontdesk.set_secret(0, 'provider:anthropic', 'key-anthropic')");
my $free = guest('Free');
post($free, 'hello'), $desk->wait_for_rest($free);
is(asked('anthropic') . ' ' . cost($free), '1 0.00000000', 'without a budget a model without a price costs nothing');

# max_tokens alone cost 0.05 at the dearest price
my $poor = guest('Poor', '0.05');
post($poor, 'hello'), $desk->wait_for_rest($poor);
is(asked('anthropic'), 0, 'with one it is set aside at the dearest price');
is(models($poor), 'local budget day', 'and does not get past the budget');
$desk->sql("SELECT frontdesk.set_secret($poor->{id}, 'provider:anthropic', 'key-anthropic')");
post($poor, 'hello'), $desk->wait_for_rest($poor);
is(asked('anthropic') . ' ' . cost($poor), '1 0.00000000', 'who pays with a key of his own may');

my $rich = guest('Rich', '5');
post($rich, 'hello'), $desk->wait_for_rest($rich);
is(asked('anthropic'), 1, 'where the budget is large enough it is asked');
is($desk->sql("SELECT cost = round((tokens_in * 10 + tokens_out * 50) / 1e6, 8) AND cost > 0 FROM frontdesk.checkpoints WHERE account_id = $rich->{id} AND node = 'answer'"), 't', 'and booked at the dearest prices');
$desk->sql("INSERT INTO frontdesk.model_prices (model, valid_from, input, cached_input, cache_write, output) VALUES ('claude-unheard-of', '2026-01-01', 0, 0, 0, 0)");
post($rich, 'hello again'), $desk->wait_for_rest($rich);
is(cost($rich), '0.00000000', 'a row with its prices says what it costs');
$desk->sql("DELETE FROM frontdesk.model_prices WHERE model = 'claude-unheard-of'; DELETE FROM frontdesk.budgets WHERE account_id = $rich->{id};
	INSERT INTO frontdesk.budgets (account_id, per_day) VALUES (0, 5)");
post($rich, 'hello once more'), $desk->wait_for_rest($rich);
cmp_ok(cost($rich), '>', 0, 'the budget of account 0 has the same effect');
$desk->sql("DELETE FROM frontdesk.budgets WHERE account_id = 0; SELECT frontdesk.delete_secret(0, 'provider:anthropic')");

# a worker that dies leaves nothing reserved
my $mortal = account('Mortal', '{wait}');
budget($mortal, 'per_day, at_limit', "0.03, 'wait'");
$desk->rules({ match => { service => 'anthropic' }, action => { stall => $true } });
post($mortal, 'hanging');
$desk->wait_until("SELECT reserved > 0 FROM frontdesk.budget_use WHERE account_id = $mortal->{id}", 'money to be reserved');
$desk->rules();
$desk->sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'});
$desk->wait_for_rest($mortal);
is($desk->sql("SELECT reserved FROM frontdesk.budget_use WHERE account_id = $mortal->{id}"), '0.000000', 'what a worker had reserved dies with it');
is(scalar($desk->sql("SELECT count(*) FROM frontdesk.checkpoints WHERE account_id = $mortal->{id} AND model = 'anthropic/$model'")), '1', 'and its turn is finished by another');

done_testing();
