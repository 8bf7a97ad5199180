# A provider that cannot be used, for whatever reason, costs no customer the
# answer: another provider, the local one or a person stands in, no thread
# becomes a dead letter, and the operator hears of it at the first and every
# hundredth time.  The same for providers and sites that cannot be reached, and
# for a Chatwoot that refuses our token.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use JSON::PP;
use Test::More;

my $desk = Frontdesk->start(conf => <<'CONF');
frontdesk.router_confidence = 1.01
frontdesk.node_attempts = 2
frontdesk.workers = 1
CONF
my $is_worker = q{backend_type = 'pg_frontdesk worker'};
my $shifted = 0;

# rows from before addresses were checked, or written past that, are met all the same
$desk->sql('ALTER TABLE frontdesk.providers DISABLE TRIGGER providers_before_change, DROP CONSTRAINT providers_kind_check');

sub set
{
	my ($setting, $value) = @_;
	$desk->sql("ALTER SYSTEM SET $setting = $value");
	$desk->sql('SELECT pg_reload_conf()');
	return;
}

sub set_workers
{
	my ($count) = @_;
	set('frontdesk.workers', $count);
	$desk->wait_until("SELECT count(*) = $count FROM pg_stat_activity WHERE $is_worker", "$count workers");
	return;
}

sub elapse
{
	my ($seconds) = @_;
	$shifted += $seconds;
	$desk->sql("SELECT frontdesk.shift_clock('$shifted seconds')");
	return;
}

sub post
{
	my ($account, $content) = @_;
	my $event = $desk->message_event($account, $content);
	my $answer = $desk->post_webhook($account, $event, timestamp => time + $shifted);

	BAIL_OUT("webhook: $answer->{status} $answer->{content}") unless $answer->{status} == 200;
	return $event;
}

sub dead { return $desk->sql("SELECT count(*) FROM frontdesk.dead_letters WHERE account_id = $_[0]{id}") }

# What customers of this account read at Chatwoot, one line each.
sub said
{
	my ($event) = @_;
	return join '|', map { $_->{body}{content} } grep { !$_->{body}{private} } $desk->replies($event->{conversation}{id});
}

sub audit
{
	my ($account, $action, $subject) = @_;
	return $desk->sql("SELECT string_agg(detail ->> 'kind' || ' ' || (detail ->> 'count'), ', ' ORDER BY id) FROM frontdesk.audit
		WHERE account_id = $account->{id} AND action = '$action' AND subject = '$subject'");
}

sub failures
{
	my ($account, $node) = @_;
	return $desk->sql("SELECT DISTINCT failure ->> 'class' || ' ' || (failure ->> 'code') FROM frontdesk.checkpoints
		WHERE account_id = $account->{id} AND node = '$node' AND failure IS NOT NULL");
}

sub explained
{
	my ($account, $event) = @_;
	return $desk->sql("SELECT * FROM frontdesk.explain_conversation('$event->{conversation}{id}', $account->{id})");
}

# An account without Chatwoot, and a customer who writes there.
sub chat
{
	my ($name) = @_;
	my $account = { name => $name, id => $desk->sql("SELECT frontdesk.add_account('$name')") };
	$desk->use_models($account);
	return $account;
}

sub chat_says
{
	my ($account, $from, $to) = @_;
	$desk->sql("SELECT count(frontdesk.receive_message($account->{id}, 'webchat', 'customer ' || i, 'hello')) FROM generate_series($from, $to) i");
	$desk->wait_for_rest($account);
	return;
}

sub chat_answers
{
	my ($account) = @_;
	return $desk->sql("SELECT count(DISTINCT conversation_id) FROM frontdesk.messages WHERE account_id = $account->{id} AND author = 'bot'");
}

# ---- every way in which a provider can be of no use ----

my %spoil = (
	base_url => sub { "UPDATE frontdesk.providers SET base_url = '127.0.0.1:21230' WHERE account_id = $_[0]" },
	setting => sub { qq{UPDATE frontdesk.providers SET settings = '{"structured": "yaml"}' WHERE account_id = $_[0]} },
	FD003 => sub { "UPDATE frontdesk.secrets SET ciphertext = set_byte(ciphertext, 14, get_byte(ciphertext, 14) # 1) WHERE account_id = $_[0] AND purpose LIKE 'provider:%'" },
	no_provider => sub { "INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt, output, fallback)
		SELECT $_[0], name, 'nobody', model, prompt, output, fallback FROM frontdesk.agents WHERE account_id = 0 AND name IN ('router', 'conversation')" },
	schema => sub { "INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt, output)
		SELECT $_[0], name, provider, model, prompt, '[]' FROM frontdesk.agents WHERE account_id = 0 AND name IN ('router', 'conversation')" },
	no_adapter => sub { "UPDATE frontdesk.providers SET kind = 'oracle' WHERE account_id = $_[0]" },
	no_key => sub { "SELECT frontdesk.delete_secret($_[0], 'provider:' || p) FROM unnest('{openai,anthropic}'::text[]) p" },
);
for my $kind (sort keys %spoil)
{
	my $account = $desk->account("Spoilt $kind");
	my $log = -s $desk->node->logfile;
	my $provider = $kind eq 'no_provider' ? 'nobody' : 'anthropic';

	$desk->sql($spoil{$kind}->($account->{id}));
	$desk->sql("UPDATE frontdesk.agents SET fallback = '{local}' WHERE account_id = $account->{id}") if $kind eq 'no_provider';
	my @events = map { post($account, "hello $_") } 1 .. 3;
	$desk->wait_for_rest($account);
	is(dead($account), '0', "$kind: no dead letter");
	isnt(said($_), '', "$kind: the customer is answered") for @events;
	is(failures($account, 'generate_response'), "unusable $kind", "$kind: the checkpoint says why");
	is(audit($account, 'provider.unusable', $provider), "$kind 1", "$kind: the audit trail tells once of three");
	like(explained($account, $events[0]), qr{local \(\S+/\S+: .*(no key is stored for anthropic|base_url|setting|does not exist|of kind "oracle"|cannot be decrypted|no JSON Schema)},
		"$kind: and so does explain_conversation");
	my $level = $kind eq 'no_key' ? 'LOG' : 'WARNING';
	ok($desk->node->log_contains(qr/$level:  provider "$provider" cannot be used by account $account->{id}\b/, $log), "$kind: and the log, as $level");
}
is(scalar(grep { $_->{service} ne 'chatwoot' } $desk->requests), 0, 'nobody was asked');
is($desk->sql(q{SELECT count(*), count(DISTINCT account_id) FROM frontdesk.fallback_answers WHERE node = 'generate_response' AND answer <> ''}),
	'21|7', 'a view lists whom it concerned');

# ---- a person ----

my $staffed = $desk->account('Staffed');
$desk->sql($spoil{base_url}->($staffed->{id}) . ";
	INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt, fallback)
	SELECT $staffed->{id}, name, provider, model, prompt, '{human}' FROM frontdesk.agents WHERE account_id = 0 AND name = 'conversation'");
my $event = post($staffed, 'hello');
$desk->wait_for_rest($staffed);
is(dead($staffed), '0', 'human: no dead letter');
is($desk->sql("SELECT handled_by FROM frontdesk.conversations WHERE account_id = $staffed->{id}"), 'human', 'human: a person has it');
ok((grep { $_->{path} =~ m{/conversations/$event->{conversation}{id}/toggle_status} } $desk->requests('chatwoot')), 'human: as Chatwoot saw');

like(explained($staffed, $event), qr/asked .*nobody \(base_url of provider "anthropic" is no address\)/, 'human: and explain_conversation says');

# ---- one vendor's key alone ----

$desk->forget_requests;
my $tutorial = $desk->account('Tutorial');
$desk->sql("SELECT frontdesk.delete_secret($tutorial->{id}, 'provider:anthropic')");
$event = post($tutorial, 'hello [[route=automated]] [[reply=The words of a model.]]');
$desk->wait_for_rest($tutorial);
is(said($event), 'The words of a model.', 'with a key for OpenAI alone the reply is a model\'s');
is(scalar(my @asked = $desk->requests('openai')), 2, 'OpenAI was asked twice');
is($asked[1]{body}{model}, 'gpt-6.1-sol', 'the second time for the reply, the model that the rows name');
is(scalar(my @none = $desk->requests('anthropic')), 0, 'and nobody else');
is($desk->sql("SELECT model, failure ->> 'code', failure ->> 'text' FROM frontdesk.checkpoints WHERE account_id = $tutorial->{id} AND node = 'generate_response'"),
	'openai/gpt-6.1-sol|no_key|no key is stored for anthropic', 'the checkpoint says who was asked instead, and why');
like(explained($tutorial, $event), qr{openai/gpt-6\.1-sol \(no key is stored for anthropic\)}, 'and so does explain_conversation');

$desk->forget_requests;
my $other = $desk->account('Other vendor');
$desk->sql("SELECT frontdesk.delete_secret($other->{id}, 'provider:openai')");
$event = post($other, 'hello [[route=automated]] [[reply=Other words.]]');
$desk->wait_for_rest($other);
is(said($event), 'Other words.', 'with a key for Anthropic alone, too');
is(join(' ', map { $_->{body}{model} } $desk->requests('anthropic')), 'claude-haiku-5-5 claude-sonnet-5-5', 'it sorts and answers');

$desk->forget_requests;
$desk->rules({ match => { service => 'openai', contains => 'front desk to customers', times => 1 }, action => { status => 500 } });
$event = post($tutorial, 'hello again [[route=automated]] [[reply=At the second attempt.]]');
$desk->wait_for_rest($tutorial);
is(said($event), 'At the second attempt.', 'the first that can be asked is tried again like any provider');
$desk->rules({ match => { service => 'openai', contains => 'front desk to customers' }, action => { status => 500 } });
$event = post($tutorial, 'hello once more [[route=automated]] [[reply=Never.]]');
$desk->wait_for_rest($tutorial);
isnt(said($event), '', 'and when it fails for good the local provider answers');
like(explained($tutorial, $event), qr{no key is stored for anthropic; openai: status 500}, 'explain_conversation names both');
$desk->rules();

# ---- first, every hundredth, and again after a success ----

# the router is local, so that each conversation means Anthropic once
my $crowd = chat('Crowd');
$desk->sql($spoil{base_url}->($crowd->{id}) . ";
	INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt, output)
	SELECT $crowd->{id}, name, 'local', model, prompt, output FROM frontdesk.agents WHERE account_id = 0 AND name = 'router'");
chat_says($crowd, 1, 99);
is(audit($crowd, 'provider.unusable', 'anthropic'), 'base_url 1', 'of 99 times the first is told');
chat_says($crowd, 100, 101);
is(audit($crowd, 'provider.unusable', 'anthropic'), 'base_url 1, base_url 100', 'and the hundredth');
is(chat_answers($crowd), '101', 'all are answered');
$desk->sql("UPDATE frontdesk.providers SET base_url = '" . $desk->fakes . "' WHERE account_id = $crowd->{id}");
chat_says($crowd, 102, 102);
$desk->sql($spoil{base_url}->($crowd->{id}));
chat_says($crowd, 103, 103);
is(audit($crowd, 'provider.unusable', 'anthropic'), 'base_url 1, base_url 100, base_url 1', 'after a success counting begins anew');

# what is told in a transaction that is rolled back is told again
my $clumsy = chat('Clumsy');
set_workers(0);
$desk->sql($spoil{base_url}->($clumsy->{id}) . q{;
	CREATE FUNCTION public.refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
	  IF NEW.patch ->> 'content' = 'poison' THEN
	    RAISE EXCEPTION 'will not keep this';
	  END IF;
	  RETURN NEW;
	END $$;
	CREATE TRIGGER refuse_poison BEFORE INSERT ON frontdesk.checkpoints FOR EACH ROW EXECUTE FUNCTION public.refuse_poison();} . "
	SELECT frontdesk.receive_message($clumsy->{id}, 'webchat', 'customer ' || i, CASE i WHEN 3 THEN 'poison' ELSE 'hello' END) FROM generate_series(1, 5) i");
set_workers(1);
$desk->wait_for_rest($clumsy);
is(dead($clumsy) . chat_answers($clumsy), '14', 'one of a batch raises');
is(audit($clumsy, 'provider.unusable', 'anthropic'), 'base_url 1', 'what was told in the batch that was rolled back is told again');
$desk->sql('DROP TRIGGER refuse_poison ON frontdesk.checkpoints');
$desk->sql("SELECT frontdesk.withdraw_thread(account_id, thread_id, 'a test') FROM frontdesk.dead_letters WHERE account_id = $clumsy->{id}");

# ---- addresses that requests may not leave for ----

my $plain = chat('Plain');
my $private = chat('Private');
$desk->sql("UPDATE frontdesk.providers SET base_url = 'http://models.example.com' WHERE account_id = $plain->{id}");
$desk->forget_requests;
set('frontdesk.egress_allow_private', 'off');
$desk->wait_until("SELECT current_setting('frontdesk.egress_allow_private') = 'off'");
chat_says($plain, 1, 2);
chat_says($private, 1, 2);
is(dead($plain) . dead($private), '00', 'in the clear, and refused by egress: no dead letter');
is(chat_answers($plain) . chat_answers($private), '22', 'and everybody is answered');
is(failures($plain, 'generate_response'), 'unusable clear_text', 'a key that would travel in the clear stays here');
is(failures($private, 'generate_response'), 'egress egress', 'and egress guards the socket');
is(audit($plain, 'provider.unusable', 'anthropic'), 'clear_text 1', 'the first is told once');
is(audit($private, 'service.unreachable', 'anthropic'), 'egress 1', 'and the second');
is(scalar($desk->requests), 0, 'nothing has left');
set('frontdesk.egress_allow_private', 'on');
chat_says($private, 3, 3);
is(scalar(my @again = $desk->requests('anthropic')), 1, 'what the setting allows again is asked at once');

# ---- connections ----

my %broken = (connect => 'http://127.0.0.1:1', tls => $desk->gateway =~ s/^http/https/r);
for my $kind (sort keys %broken)
{
	my $account = chat("Broken $kind");
	my $log = -s $desk->node->logfile;

	$desk->sql("UPDATE frontdesk.providers SET base_url = '$broken{$kind}' WHERE account_id = $account->{id}");
	chat_says($account, 1, 3);
	is(dead($account), '0', "$kind: no dead letter");
	is(chat_answers($account), '3', "$kind: everybody is answered");
	is(audit($account, 'service.unreachable', 'anthropic'), "$kind 1", "$kind: told once");
	ok($desk->node->log_contains(qr/WARNING:  anthropic cannot be reached for account $account->{id}/, $log), "$kind: in the log, too");
}

# ---- the house's provider, and an account in a hurry ----

# An account that asks the house's OpenAI, with a timeout of its own if any.
sub guest
{
	my ($name, $timeout) = @_;
	my $account = { name => $name, id => $desk->sql("SELECT frontdesk.add_account('$name')") };

	$desk->sql("INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt, output, timeout)
		SELECT $account->{id}, name, CASE name WHEN 'router' THEN 'local' ELSE 'openai' END, 'gpt-6-luna', prompt, output, $timeout
		FROM frontdesk.agents WHERE account_id = 0 AND name IN ('router', 'conversation')");
	return $account;
}

sub answered_by
{
	my ($account) = @_;
	return $desk->sql("SELECT regexp_replace(model, ' .*', '') FROM frontdesk.checkpoints
		WHERE account_id = $account->{id} AND node = 'generate_response' ORDER BY created_at DESC LIMIT 1");
}

sub house { return $desk->sql("SELECT breaker FROM frontdesk.provider_limits WHERE account_id = 0 AND provider = 'openai'") }

my ($hasty, $guest) = (guest('Hasty', "'5 ms'"), guest('Guest', 'NULL'));
$desk->sql("UPDATE frontdesk.providers SET base_url = '" . $desk->fakes . "' WHERE account_id = 0 AND name = 'openai';
	SELECT frontdesk.set_secret(0, 'provider:openai', 'key-openai')");
$desk->rules({ match => { service => 'openai' }, action => { stall => JSON::PP::true } });
chat_says($hasty, 1, 6);
is(answered_by($hasty), 'local', 'who gives the house\'s provider 5 ms gets no answer of it');
is(audit($hasty, 'service.unreachable', 'openai'), 'timeout 1', 'and is told');
is(house(), 'closed', 'but does not close it');
$desk->rules();
chat_says($guest, 1, 1);
is(answered_by($guest), 'openai/gpt-6-luna', 'to others');

# without an own time it is the far side that fails
$desk->rules({ match => { service => 'openai' }, action => { stall => JSON::PP::true } });
set('frontdesk.http_timeout', "'300ms'");
$desk->wait_until("SELECT current_setting('frontdesk.http_timeout') = '300ms'");
chat_says($guest, 2, 5);
is(house(), 'open', 'a provider that hangs for the house\'s time is left alone');
set('frontdesk.http_timeout', "'2min'");
$desk->wait_until("SELECT current_setting('frontdesk.http_timeout') = '2min'");
elapse(11);
chat_says($hasty, 7, 7);
$desk->rules();
chat_says($guest, 6, 6);
is(answered_by($guest), 'openai/gpt-6-luna', 'a hurried try does not keep it closed');
is(house(), 'closed', 'and the next one that is answered opens it to all');
$desk->sql("SELECT frontdesk.delete_secret(0, 'provider:openai')");

# ---- the key file is gone ----

my $keyless = $desk->account('Key file gone');
set_workers(0);
$desk->forget_requests;
my @waiting = map { post($keyless, "hello $_") } 1 .. 3;
my $file = $desk->node->basedir . '/frontdesk.key';
rename $file, "$file.away" or die $!;
set_workers(1);
$desk->wait_until("SELECT count(*) = 3 FROM frontdesk.threads WHERE account_id = $keyless->{id} AND status = 'waiting' AND status_reason LIKE '%key file%'",
	'replies to wait');
is(dead($keyless), '0', 'without the key file there is no dead letter');
is(failures($keyless, 'generate_response'), 'unusable FD002', 'the local provider answers');
is(audit($keyless, 'provider.unusable', 'anthropic'), 'FD002 1', 'a person is told');
is(audit($keyless, 'site.unusable', "chatwoot:$keyless->{site}"), 'FD002 1', 'of the site\'s tokens, too');
like(explained($keyless, $waiting[0]), qr/key file for secrets cannot be used/, 'explain_conversation says what the reply waits for');
rename "$file.away", $file or die $!;
elapse(61);
$desk->wait_for_rest($keyless);
is(scalar(grep { said($_) ne '' } @waiting), 3, 'and when the file is back all replies leave');
is(dead($keyless), '0', 'without a person\'s help');
$desk->forget_requests;
$event = post($keyless, 'hello [[route=automated]] [[reply=A model again.]]');
$desk->wait_for_rest($keyless);
is(said($event), 'A model again.', 'and models are asked again');

# ---- Chatwoot's token ----

sub gate { return $desk->sql("SELECT string_agg(breaker, ' ' ORDER BY last_failure_at) FROM frontdesk.provider_limits WHERE account_id = $_[0]{id} AND provider = 'chatwoot:$_[0]{site}'") }

my $stale = $desk->account('Stale token');
$desk->sql("SELECT frontdesk.set_secret($stale->{id}, 'chatwoot_bot_token:$stale->{site}', 'invalid-token')");
$desk->forget_requests;
my @stale = map { post($stale, "hello $_") } 1 .. 6;
$desk->wait_for('the breaker of the site to open', sub { gate($stale) eq 'open' });
my $tries = grep { $_->{method} eq 'POST' } $desk->requests('chatwoot');
cmp_ok($tries, '<=', 10, 'a site that refuses the token is left alone');
# on and on, one at a time: far more often than a delivery has attempts
for (1 .. 9)
{
	elapse(301);
	$desk->wait_for('a probe', sub { $tries < grep { $_->{method} eq 'POST' } $desk->requests('chatwoot') });
	$desk->wait_for('its refusal', sub { gate($stale) eq 'open' });
	$tries = grep { $_->{method} eq 'POST' } $desk->requests('chatwoot');
}
is(audit($stale, 'site.refused', "chatwoot:$stale->{site}"), 'refused 1', 'the audit trail tells a person');
is(dead($stale), '0', 'replies wait');
$desk->sql("SELECT frontdesk.set_secret($stale->{id}, 'chatwoot_bot_token:$stale->{site}', 'bot-token')");
elapse(301);
$desk->wait_for_rest($stale);
is(scalar(grep { said($_) ne '' } @stale), 6, 'and leave with the new token');

my $narrow = $desk->account('Narrow rights');
$desk->rules({ match => { service => 'chatwoot', method => 'POST', contains => 'Forbidden words' },
	action => { status => 401, body => '{"error": "You are not authorized to do this action"}' } });
my @forbidden = map { post($narrow, "hello [[route=automated]] [[reply=Forbidden words $_.]]") } 1 .. 3;
$event = post($narrow, 'hello [[route=automated]] [[reply=Welcome.]]');
$desk->wait_for_rest($narrow);
is(dead($narrow), '3', 'what a good token may not do is a dead letter');
is(gate($narrow), 'closed', 'and closes nothing to others');
is(said($event), 'Welcome.', 'who are answered');
is(audit($narrow, 'site.refused', "chatwoot:$narrow->{site}"), '', 'nor is the token said to be refused');
$desk->rules();

# ---- a Chatwoot that is not there ----

my $away = $desk->account('Away');
my $log = -s $desk->node->logfile;
$desk->sql("UPDATE frontdesk.sites SET url = 'http://127.0.0.1:1' WHERE account_id = $away->{id}");
post($away, "hello $_") for 1 .. 8;
$desk->wait_for('the breaker to open', sub { gate($away) =~ /open/ });
is(audit($away, 'service.unreachable', "chatwoot:$away->{site}"), 'connect 1', 'a site that cannot be reached is told once');
ok($desk->node->log_contains(qr/WARNING:  chatwoot:$away->{site} cannot be reached for account $away->{id}/, $log), 'in the log, too');
is(dead($away), '0', 'its replies wait');

my $mute = $desk->account('Mute');
$desk->sql("SELECT frontdesk.delete_secret($mute->{id}, 'chatwoot_' || w || '_token:$mute->{site}') FROM unnest('{bot,user}'::text[]) w");
post($mute, "hello $_") for 1 .. 3;
$desk->wait_for_rest($mute);
is(audit($mute, 'site.unusable', "chatwoot:$mute->{site}"), 'no_token 1', 'a token that is not stored is told once of three');

is($desk->sql("SELECT count(*) FROM frontdesk.dead_letters WHERE what = 'thread'"), '0', 'no thread was given up in all this');
ok(!$desk->node->log_contains('PANIC:', 0), 'no worker has ever waited with a transaction open');
done_testing();
