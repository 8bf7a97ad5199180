# What servers of models do otherwise than their vendors: thoughts in the text,
# members they do not know, firewalls and filters before them, bills, contexts,
# waits.  What one customer's text causes is that text's alone, and what a model
# declined is answered by another one or by a person, never by the local provider.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use JSON::PP;
use Test::More;

my $desk = Frontdesk->start(conf => <<'CONF');
frontdesk.router_confidence = 1.01
frontdesk.workers = 1
frontdesk.node_attempts = 2
CONF
my $true = JSON::PP::true;
my $json = JSON::PP->new->canonical;
my %page = (status => 403, headers => { 'content-type' => 'text/html' },
	body => '<html><head><title>403 Forbidden</title></head><body><center><h1>403 Forbidden</h1></center></body></html>');
my %filtered = (status => 400, body => { error => { message => 'The prompt was filtered.', type => undef, param => 'prompt', code => 'content_filter' } });

sub post
{
	my ($account, $content) = @_;
	my $event = $desk->message_event($account, $content);
	my $answer = $desk->post_webhook($account, $event);

	BAIL_OUT("webhook: $answer->{status} $answer->{content}") unless $answer->{status} == 200;
	return $event;
}

# Posts, waits, and returns the conversation's event.
sub say
{
	my ($account, $content) = @_;
	my $event = post($account, $content);

	$desk->wait_for_rest($account);
	return $event;
}

# What the customer read, one line each.
sub read_by_customer
{
	my ($event) = @_;
	return join '|', map { $_->{body}{content} } grep { !$_->{body}{private} } $desk->replies($event->{conversation}{id});
}

sub handler { return $desk->sql("SELECT handled_by FROM frontdesk.conversations WHERE account_id = $_[0]{id} AND display_id = $_[1]{conversation}{id}") }

# Who did a node last, in this conversation.
sub done_by
{
	my ($account, $event, $node) = @_;
	return $desk->sql("SELECT k.model FROM frontdesk.checkpoints k JOIN frontdesk.conversations c ON c.account_id = k.account_id AND c.id = k.thread_id
		WHERE k.account_id = $account->{id} AND c.display_id = $event->{conversation}{id} AND k.node = '$node' ORDER BY k.seq DESC LIMIT 1");
}

sub audit
{
	my ($account, $action) = @_;
	return $desk->sql("SELECT string_agg(subject || ' ' || coalesce(detail ->> 'kind', detail::text), ', ' ORDER BY id) FROM frontdesk.audit WHERE account_id = $account->{id} AND action = '$action'");
}

sub breaker { return $desk->sql("SELECT string_agg(DISTINCT breaker, ' ') FROM frontdesk.provider_limits WHERE account_id = $_[0]{id} AND provider = '$_[1]'") }

# Requests to a vendor that hold this text.
sub asked
{
	my ($vendor, $text) = @_;
	return grep { index($json->encode($_->{body} // {}), $text) >= 0 } $desk->requests($vendor);
}

# ---- thoughts ----

my $shop = $desk->account('Shop');
$desk->sql("INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt, fallback)
	SELECT $shop->{id}, name, provider, model, prompt, fallback FROM frontdesk.agents WHERE account_id = 0 AND name = 'conversation'");
for my $case ([ 'no opener', "The margin is 40 %, say nothing of it.\n</think>\n\nWe are open from nine.", 'We are open from nine.' ],
	[ 'a pair', '<think>margin</think>We are open from nine.', 'We are open from nine.' ],
	[ 'brackets', '[THINK]margin[/THINK]We are open from nine.', 'We are open from nine.' ],
	[ 'channels', '<|channel|>analysis<|message|>margin<|end|><|start|>assistant<|channel|>final<|message|>We are open from nine.', 'We are open from nine.' ],
	[ 'spoken of', 'You wrote "</think>": that is how thoughts end.', 'You wrote "</think>": that is how thoughts end.' ])
{
	my ($name, $content, $read) = @$case;
	$desk->rules({ match => { service => 'anthropic' }, action => { content => $content } });
	is(read_by_customer(say($shop, "thoughts, $name [[route=automated]]")), $read, "thoughts, $name: the customer reads what is for customers");
}
$desk->rules({ match => { service => 'anthropic', times => 1 }, action => { content => '<think>only this' } });
$desk->forget_requests;
my $event = say($shop, 'only thoughts [[route=automated]] [[reply=At last.]]');
is(read_by_customer($event), 'At last.', 'nothing but thoughts is asked for once more');
is(scalar(my @twice = asked('anthropic', 'only thoughts')), 2, 'once');
$desk->rules();
$desk->forget_requests;
say($shop, 'what does <think> mean, and </think>? [[route=automated]] [[reply=Both are marks.]]');
is(scalar(my @whole = asked('anthropic', 'what does <think> mean, and </think>?')), 1, "a customer's words reach the model letter by letter");

# ---- members that a server does not know ----

$desk->rules({ match => { service => 'openai', contains => '"store"' }, action => { status => 400, body => [ { error => { code => 400, message => 'Unknown name "store": Cannot find field.', status => 'INVALID_ARGUMENT' } } ] } },
	{ match => { service => 'openai', contains => '"developer"' }, action => { status => 500, body => { error => { code => 500, message => 'Unexpected message role.', type => 'server_error' } } } });
my $pickish = $desk->account('Pickish');
$desk->forget_requests;
$event = say($pickish, 'first [[route=automated]] [[reply=Here you are.]]');
is(read_by_customer($event), 'Here you are.', 'a server that refuses two members is asked without them');
like(done_by($pickish, $event, 'classify'), qr{^openai/}, 'and the model answers');
is(scalar(my @tries = asked('openai', 'first')), 3, 'each is dropped once');
ok(!exists $tries[2]{body}{store} && $tries[2]{body}{messages}[0]{role} eq 'system', 'or said otherwise');
is($desk->sql("SELECT settings -> 'omit', settings ->> 'system_role' FROM frontdesk.providers WHERE account_id = $pickish->{id} AND name = 'openai'"), '["store"]|system', "the account's row remembers");
like(audit($pickish, 'provider.learned'), qr/^openai \{/, 'and the audit trail says so');
$desk->forget_requests;
say($pickish, 'second [[route=automated]] [[reply=Here you are.]]');
is(scalar(my @once = asked('openai', 'second')), 1, 'from then on they are not sent');
is($desk->sql("SELECT settings ? 'omit' FROM frontdesk.providers WHERE account_id = 0 AND name = 'openai'"), 'f', "the house's row is not touched");
# nor where it is the house's provider that an account asks
my $guest = { id => $desk->sql("SELECT frontdesk.add_account('Guest')") };
my $address = $desk->sql("SELECT base_url FROM frontdesk.providers WHERE account_id = 0 AND name = 'openai'");
$desk->sql("UPDATE frontdesk.providers SET base_url = '" . $desk->fakes . "' WHERE account_id = 0 AND name = 'openai'; SELECT frontdesk.set_secret(0, 'provider:openai', 'key-openai');
	SELECT frontdesk.receive_message($guest->{id}, 'webchat', 'ana', 'as a guest [[route=automated]]')");
$desk->wait_for_rest($guest);
like($desk->sql("SELECT model FROM frontdesk.checkpoints WHERE account_id = $guest->{id} AND node = 'classify'"), qr{^openai/}, "a guest of the house's provider is answered");
is($desk->sql("SELECT settings ? 'omit' FROM frontdesk.providers WHERE account_id = 0 AND name = 'openai'"), 'f', 'and has taught the house nothing');
$desk->sql("UPDATE frontdesk.providers SET base_url = '$address' WHERE account_id = 0 AND name = 'openai'; SELECT frontdesk.delete_secret(0, 'provider:openai')");
# what is refused for another reason is not dropped again and again
$desk->rules({ match => { service => 'openai' }, action => { status => 400, body => { error => { message => "Unsupported value: 'store'", type => 'invalid_request_error' } } } });
my $never = $desk->account('Never');
$desk->forget_requests;
say($never, 'third [[route=automated]]');
is(scalar(my @never = asked('openai', 'third')), 2, 'a refusal that goes on is asked once without');
is($desk->sql("SELECT settings ? 'omit' FROM frontdesk.providers WHERE account_id = $never->{id} AND name = 'openai'"), 'f', 'and nothing is learned of it');
$desk->rules();

# an error that only names a member is none of it
$desk->rules({ match => { service => 'openai' }, action => { status => 400, body => { error => { message => 'The store is closed.', type => 'invalid_request_error' } } } });
my $named = $desk->account('Named');
$desk->forget_requests;
say($named, 'sixth [[route=automated]]');
is(scalar(my @named = asked('openai', 'sixth')), 1, 'what merely names a member is not asked without it');
# the limit of an answer has another name there
$desk->rules({ match => { service => 'openai', contains => '"max_completion_tokens"' }, action => { status => 400, body => { error => { message => "Unsupported parameter: 'max_completion_tokens'. Use 'max_tokens' instead.", type => 'invalid_request_error' } } } });
my $renamed = $desk->account('Renamed');
$desk->sql("INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt, output) SELECT $renamed->{id}, name, provider, 'gpt-4o-mini', prompt, output FROM frontdesk.agents WHERE account_id = 0 AND name = 'router'");
like(done_by($renamed, say($renamed, 'fourth [[route=automated]]'), 'classify'), qr{^openai/}, 'a limit by its other name is taken');
is($desk->sql("SELECT settings ->> 'limit_field' FROM frontdesk.providers WHERE account_id = $renamed->{id} AND name = 'openai'"), 'max_tokens', 'and remembered');

# a server that refuses both names is not asked with one and the other for ever
$desk->rules(map { { match => { service => 'openai', contains => "\"$_\"", times => 6 }, action => { status => 400, body => { error => { message => "Unsupported parameter: '$_'.", type => 'invalid_request_error' } } } } } qw(max_tokens max_completion_tokens));
my $neither = $desk->account('Neither');
$desk->forget_requests;
say($neither, 'fifth [[route=automated]]');
is(scalar(my @neither = asked('openai', 'fifth')), 2, 'each name of the limit is tried once');
$desk->rules();

# ---- a firewall, a filter: this text alone ----

my $walled = $desk->account('Walled');
$desk->rules({ match => { service => 'anthropic', contains => '../../etc/passwd' }, action => {%page} });
my @events = (post($walled, 'a gift card for ../../etc/passwd please [[route=automated]] [[reply=Gladly.]]'),
	map { post($walled, "ordinary $_ [[route=automated]] [[reply=Hello $_.]]") } 1 .. 6);
$desk->wait_for_rest($walled);
is(read_by_customer($events[$_]), "Hello $_.", 'others are answered') for 1 .. 6;
is(join(' ', map { done_by($walled, $events[$_], 'generate_response') =~ /^anthropic/ ? 1 : 0 } 1 .. 6), '1 1 1 1 1 1', 'by their own model');
is(read_by_customer($events[0]), 'Gladly.', 'and the one by the other vendor');
is(breaker($walled, 'anthropic'), 'closed', 'the key is as good as before');
like(audit($walled, 'provider.firewall'), qr{^anthropic/[\w.-]+ firewall}, 'the operator hears of it');

my $harm = 'somebody at home wants to hurt me';
for my $case ([ 'a filter', 'openai anthropic', {%filtered} ], [ 'a firewall', 'openai anthropic', {%page} ],
	[ 'the models', 'openai anthropic', { refusal => $true } ], [ 'a filter of the second, the first being out', 'anthropic', {%filtered} ])
{
	my ($name, $services, $action) = @$case;
	my $account = $desk->account("Declined by $name");
	my @rules = map { { match => { service => $_, contains => $harm }, action => $action } } split / /, $services;
	push @rules, { match => { service => 'openai', contains => $harm }, action => { status => 500 } } if $services eq 'anthropic';
	$desk->rules(@rules);
	my $event = say($account, "$harm [[route=recruitment]]");
	is(handler($account, $event), 'human', "$name: what was declined goes to a person");
	unlike($desk->sql("SELECT string_agg(coalesce(model, ''), ' ') FROM frontdesk.checkpoints WHERE account_id = $account->{id}"), qr/local \(/, "$name: not to the local provider");
	unlike(read_by_customer($event), qr/interest|noted/, "$name: and no customer reads a sentence for another occasion");
	is($desk->sql("SELECT failure ->> 'class' IN ('refused', 'server_error') FROM frontdesk.checkpoints WHERE account_id = $account->{id} AND failure IS NOT NULL"), 't', "$name: the checkpoint says why");
}
# an answer that the conversation's model declines, the router having been good
my $late = $desk->account('Declined late');
$desk->rules(map { { match => { service => $_, contains => 'front desk to customers' }, action => { refusal => $true } } } qw(openai anthropic));
$event = say($late, 'write me something bad [[route=automated]]');
is(handler($late, $event) . read_by_customer($event), 'human' . read_by_customer($event), 'a reply that both models decline is a person\'s');
unlike($desk->sql("SELECT string_agg(coalesce(model, ''), ' ') FROM frontdesk.checkpoints WHERE account_id = $late->{id}"), qr/local \(/, 'and no local one');
$desk->rules();

# ---- money: the key's, whatever the status ----

my $broke = $desk->account('Broke');
$desk->rules({ match => { service => 'anthropic' }, action => { status => 400, body => { type => 'error', error => { type => 'invalid_request_error', message => 'Your credit balance is too low to access the API.' } } } });
$desk->forget_requests;
$event = say($broke, 'no money [[route=automated]] [[reply=From the other vendor.]]');
is(read_by_customer($event), 'From the other vendor.', 'out of credit: the fallback answers');
is(breaker($broke, 'anthropic'), 'open', 'the key is left alone');
is(audit($broke, 'provider_refused'), 'anthropic quota', 'the operator is told at once');
is($desk->sql("SELECT count(*) FROM frontdesk.check() WHERE account_id = $broke->{id} AND problem = 'breaker_open'"), '1', 'check() says so');
say($broke, 'still none [[route=automated]] [[reply=Again.]]');
is(scalar(my @none = $desk->requests('anthropic')), 1, 'and nobody else asks with it');
# a customer who writes of it closes nothing, whatever the far side repeats
my $echo = $desk->account('Echo');
$desk->rules({ match => { service => 'anthropic', contains => 'my credit balance' }, action => { status => 400, body => { type => 'error', error => { type => 'invalid_request_error', message => 'cannot read: "my credit balance is too low"' } } } });
say($echo, 'my credit balance is too low [[route=automated]] [[reply=Hm.]]');
is(breaker($echo, 'anthropic'), 'closed', "a customer's own words close no key");

# ---- a context too short ----

my $long = $desk->account('Long');
$event = $desk->message_event($long, 'long 1 ' . 'words ' x 400 . '[[route=automated]]');
$desk->post_webhook($long, $event);
$desk->wait_for_rest($long);
for my $i (2 .. 4)
{
	my $next = $desk->message_event($long, "long $i " . 'words ' x 400 . "[[route=automated]] [[reply=Read $i.]]", conversation => $event->{conversation}{id});
	$desk->post_webhook($long, $next);
	$desk->wait_for_rest($long);
}
$desk->rules({ match => { service => 'anthropic', times => 1 }, action => { status => 400, body => { type => 'error', error => { type => 'invalid_request_error', message => 'prompt is too long: 9000 tokens > 4096 maximum' } } } });
$desk->forget_requests;
my $next = $desk->message_event($long, 'long 5 and short [[route=automated]] [[reply=Read.]]', conversation => $event->{conversation}{id});
$desk->post_webhook($long, $next);
$desk->wait_for_rest($long);
my @sizes = map { length $json->encode($_->{body}) } asked('anthropic', 'long 5');
is(scalar @sizes, 2, 'what is too long for a model is asked again');
cmp_ok($sizes[1], '<', $sizes[0], 'shorter');
like(read_by_customer($event), qr/Read\.$/, 'and the model answers') or diag($desk->sql("SELECT string_agg(concat_ws(' ', node, model, failure ->> 'text'), E'\\n' ORDER BY seq) FROM frontdesk.checkpoints WHERE account_id = $long->{id}"));
my $small = $desk->account('Small');
$desk->rules(map { { match => { service => $_ }, action => { status => 500, body => { error => { message => 'no user query found in messages', type => 'api_error', param => undef, code => undef } } } } } qw(openai anthropic));
$event = say($small, 'hello [[route=automated]]');
is(handler($small, $event), 'human', 'where nothing is short enough a person answers');
like(audit($small, 'provider.context'), qr{^openai/[\w.-]+ context}, 'and the operator hears of it');

my $cut = $desk->account('Cut');
$desk->rules({ match => { service => 'anthropic' }, action => { body => $json->encode({ id => 'm', type => 'message', role => 'assistant', model => 'm', stop_reason => 'end_turn',
	content => [ { type => 'text', text => $json->encode({ agent_response => 'Yes.', needs_human => JSON::PP::false, escalation_reason => undef }) } ], usage => { input_tokens => 300, output_tokens => 5 } }) } });
is(read_by_customer(say($cut, 'words ' x 3000 . '[[route=automated]]')), 'Yes.', 'who reads less than was sent, and does not say so, answers');
like(audit($cut, 'provider.context'), qr{^anthropic/[\w.-]+ context}, 'but the operator hears of it');
$desk->rules();

# ---- a wait that is too long ----

my $slow = $desk->account('Slow');
$desk->rules({ match => { service => 'anthropic', times => 1 }, action => { status => 429, headers => { 'retry-after' => '86400' }, body => { error => { message => 'slow down', type => 'rate_limit_error' } } } });
$desk->forget_requests;
$event = say($slow, 'one [[route=automated]] [[reply=At once.]]');
is(read_by_customer($event), 'At once.', 'nobody waits a day: the fallback answers');
is($desk->sql("SELECT failure ->> 'class' FROM frontdesk.checkpoints WHERE account_id = $slow->{id} AND node = 'generate_response'"), 'rate_limit', 'the checkpoint says why');
is(read_by_customer(say($slow, 'two [[route=automated]] [[reply=At once, too.]]')), 'At once, too.', 'nor does the next one');
is(scalar(my @day = $desk->requests('anthropic')), 1, 'who asked to wait is not asked');
# nobody stands in: a person does, unless the list says that the provider is waited for
my $alone = $desk->account('Alone');
$desk->sql("INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt, fallback)
	SELECT $alone->{id}, name, provider, model, prompt, '{}' FROM frontdesk.agents WHERE account_id = 0 AND name = 'conversation'");
$desk->rules({ match => { service => 'anthropic', times => 1 }, action => { status => 429, headers => { 'retry-after' => '3600' } } });
is(handler($alone, say($alone, 'one [[route=automated]]')), 'human', 'with nobody else in the list a person answers');
is(handler($alone, say($alone, 'two [[route=automated]]')), 'human', 'the next one, too');
$desk->sql("UPDATE frontdesk.agents SET fallback = '{wait}' WHERE account_id = $alone->{id}");
$event = post($alone, 'three [[route=automated]]');
$desk->wait_until("SELECT count(*) = 1 FROM frontdesk.threads WHERE account_id = $alone->{id} AND status_reason LIKE 'waits for anthropic%'", 'the third to wait');
is(handler($alone, $event), 'bot', 'who says wait is held');
$desk->sql("UPDATE frontdesk.agents SET fallback = '{local}' WHERE account_id = $alone->{id}; SELECT frontdesk.reset_breaker($alone->{id}, 'anthropic')");
$desk->rules();

# ---- no figures: the budget holds by an estimate ----

my $frugal = $desk->account('Frugal');
$desk->sql("INSERT INTO frontdesk.budgets (account_id, per_day, at_limit) VALUES ($frugal->{id}, 0.05, 'local')");
$desk->rules(map { { match => { service => $_ }, action => { missing_usage => $true } } } qw(openai anthropic));
post($frugal, "budget $_ [[route=automated]]") for 1 .. 30;
$desk->wait_for_rest($frugal);
my ($spent, $local) = split /\|/, $desk->sql("SELECT sum(cost), count(*) FILTER (WHERE model LIKE 'local (%' AND failure ->> 'class' = 'budget') FROM frontdesk.checkpoints WHERE account_id = $frugal->{id}");
cmp_ok($spent, '>', 0, 'what is not counted is charged by an estimate');
cmp_ok($spent, '<=', 0.05, 'within the budget');
cmp_ok($local, '>', 0, 'which has an end');
is($desk->sql("SELECT bool_and(tokens_in > 0 AND tokens_out > 0) FROM frontdesk.checkpoints WHERE account_id = $frugal->{id} AND model LIKE '%/%' AND model NOT LIKE 'local%'"), 't', 'tokens stand in the checkpoints');
$desk->rules();

# ---- what a provider can do is found out by asking it ----

sub checked
{
	my ($account, $model) = @_;
	my $thread = $desk->sql("SELECT frontdesk.check_provider($account->{id}, 'own', '$model')");
	$desk->wait_for_rest($account);
	return $desk->sql("SELECT works, learned, problem FROM frontdesk.provider_checks WHERE account_id = $account->{id} AND thread_id = '$thread'");
}

my $own = $desk->account('Own');
$desk->sql("SELECT frontdesk.add_provider($own->{id}, 'own', 'azure', '" . $desk->fakes . "')");
$desk->sql("UPDATE frontdesk.providers SET settings = '{}' WHERE account_id = $own->{id} AND name = 'own'; SELECT frontdesk.set_secret($own->{id}, 'provider:own', 'key-own');
	INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt, output) VALUES ($own->{id}, 'router', 'own', 'm', 'Sort.',
	'{\"type\": \"object\", \"properties\": {\"said\": {\"type\": \"string\"}}, \"required\": [\"said\"]}')");
is(checked($own, 'gpt-4o-mini'), 't|{}|', 'a server that can do all it is asked for learns nothing');
is($desk->sql("SELECT settings FROM frontdesk.providers WHERE account_id = $own->{id} AND name = 'own'"), '{}', 'and its row stays');
$desk->rules({ match => { service => 'openai', contains => '"store"' }, action => { status => 422, body => { detail => [ { type => 'extra_forbidden', loc => [ 'body', 'store' ], msg => 'Extra inputs are not permitted' } ] } } },
	{ match => { service => 'openai', contains => '"json_schema"' }, action => { content => 'Sure, I sort it: high.' } },
	{ match => { service => 'openai', contains => 'fit this JSON Schema' }, action => { content => 'Sure: {"said": "high"}' } },
	{ match => { service => 'openai', contains => '"max_completion_tokens":16,' }, action => { content => 'one two three ' x 100 } },
	{ match => { service => 'openai', contains => 'Count from one' }, action => { finish_reason => 'length', content => 'one two' } },
	{ match => { service => 'openai', contains => 'front desk to customers' }, action => { null_finish_reason => $true } });
is(checked($own, 'gpt-4o-mini'), 't|{"omit": ["store"], "structured": "prompt", "limit_field": "max_tokens", "finish_reason": "optional"}|',
	'what a server refuses, or takes and does not do, is learned');
is($desk->sql("SELECT settings FROM frontdesk.providers WHERE account_id = $own->{id} AND name = 'own'"),
	'{"omit": ["store"], "structured": "prompt", "limit_field": "max_tokens", "finish_reason": "optional"}', 'and written into its row');
$desk->rules({ match => { service => 'openai' }, action => { status => 401, body => { error => { message => 'Incorrect API key', code => 'invalid_api_key' } } } });
like(checked($own, 'gpt-4o-mini'), qr/^f\|\{\}\|status 401/, 'what cannot be asked is told');
$desk->rules();
is($desk->sql("SELECT string_agg(name, ' ' ORDER BY name) FROM frontdesk.provider_presets WHERE settings ->> 'system_role' = 'system' OR settings ? 'key_header'"), 'azure gemini litellm llama.cpp mistral ollama vllm', 'there are providers to start from');
is($desk->sql("SELECT count(*) FROM frontdesk.provider_presets p, LATERAL frontdesk.add_provider($own->{id}, 'of ' || p.name, p.name)"), '7', 'each makes a row');

my $metrics = $desk->sql('SELECT frontdesk.metrics()');
like($metrics, qr/^frontdesk_stand_in_steps_total [1-9]/m, 'stand-ins are counted');
like($metrics, qr/^frontdesk_keys_refused_total [1-9]/m, 'and keys that are left alone');
is($desk->sql('SELECT count(*) FROM frontdesk.dead_letters'), '0', 'nothing of all this became a dead letter');

done_testing();
