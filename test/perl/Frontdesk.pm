# Frontdesk.pm: a front desk to test against: a private PostgreSQL with the
# extension, the stand-in services, and the gateway.
#
#	my $desk = Frontdesk->start(conf => "frontdesk.quiet_time = 0\n");
#	my $account = $desk->account('Clinic');         # with a Chatwoot site and keys
#	my $answer = $desk->post_webhook($account, $event);
#	$desk->wait_for_rest($account);
#	$desk->requests('chatwoot');                    # what the outside world saw
#
# Everything listens on loopback and ends with the test.
package Frontdesk;

use strict;
use warnings;

use Cwd qw(abs_path);
use Digest::SHA qw(hmac_sha256_hex);
use File::Basename qw(basename dirname);
use HTTP::Tiny;
use IPC::Open3;
use JSON::PP;
use POSIX qw(WNOHANG strftime);
use MIME::Base64 qw(encode_base64);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $programs = 0;
my $root = abs_path(dirname(__FILE__) . '/../..');
my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# start(conf => TEXT, gateway => 0|1, fakes => 0|1, gateway_env => {}, extension => 0|1, name => TEXT,
# database => TEXT, initdb => [])
sub start
{
	my ($class, %option) = @_;
	my $self = bless { children => [], http => HTTP::Tiny->new(timeout => 30, keep_alive => 0) }, $class;
	my $node = PostgreSQL::Test::Cluster->new($option{name} // 'desk');
	my $database = $self->{database} = $option{database} // 'postgres';

	# initdb => [OPTION …]: as where the database's locale matters
	$node->init(extra => $option{initdb} // []);
	my $key = $node->basedir . '/frontdesk.key';
	append_to_file($key, join('', map { sprintf '%02x', int rand 256 } 1 .. 32) . "\n");
	chmod 0600, $key;
	$node->append_conf('postgresql.conf', <<"CONF" . ($option{conf} // ''));
shared_preload_libraries = 'pg_frontdesk'
frontdesk.databases = '$database'
frontdesk.key_file = '$key'
frontdesk.egress_allow_private = on
frontdesk.quiet_time = 0
frontdesk.settle_time = 300ms
max_worker_processes = 16
CONF
	$node->start;
	$self->{node} = $node;
	$node->safe_psql('postgres', "CREATE DATABASE $database") unless $database eq 'postgres';
	return $self if defined $option{extension} && !$option{extension};
	$node->safe_psql($database, 'CREATE EXTENSION pg_frontdesk; SELECT FROM frontdesk.setup_roles()');
	# tests that shift the clock by hours want no sweep of Chatwoot that they did not ask for
	$node->safe_psql($database, 'UPDATE frontdesk.people_rules SET sweep_every = NULL WHERE account_id = 0');
	$self->start_fakes unless defined $option{fakes} && !$option{fakes};
	$self->start_gateway(%{ $option{gateway_env} // {} }) unless defined $option{gateway} && !$option{gateway};
	return $self;
}

sub node { return $_[0]{node} }

# Runs SQL and returns what psql -At prints.
sub sql
{
	my ($self, $sql, %option) = @_;
	return $self->{node}->safe_psql($self->{database}, $sql, %option);
}

# Polls until a query answers 't'.
sub wait_until
{
	my ($self, $query, $what) = @_;
	$self->{node}->poll_query_until($self->{database}, $query)
	  or diag('gave up waiting for ' . ($what // $query));
	return;
}

# Polls until the code returns true, and returns what it returned.
sub wait_for
{
	my ($self, $what, $code) = @_;
	my $end = time + $PostgreSQL::Test::Utils::timeout_default;

	while (time < $end)
	{
		my $found = $code->();
		return $found if $found;
		usleep(20_000);
	}
	diag("gave up waiting for $what");
	return;
}

# ---- programs beside the server ----

# Starts a program with its output in a file under log/, and returns its pid and
# what the pattern finds there.
sub launch
{
	my ($self, $pattern, @command) = @_;
	my $log = sprintf '%s/%s_%s_%d.log', $PostgreSQL::Test::Utils::log_path,
	  basename($0, '.pl'), basename($command[0]), ++$programs;

	open my $in, '<', '/dev/null' or die "/dev/null: $!";
	open my $out, '>', $log or die "$log: $!";
	my $pid = open3('<&' . fileno $in, '>&' . fileno $out, undef, @command);
	push @{ $self->{children} }, $pid;
	$self->{logs}{$pid} = $log;
	for (1 .. 50 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return ($pid, $1) if slurp_file($log) =~ $pattern;
		last if waitpid($pid, WNOHANG) != 0;
		usleep(20_000);
	}
	die "@command did not come up: " . slurp_file($log);
}

# What a program has written so far.
sub log_of { return slurp_file($_[0]{logs}{ $_[1] }) }

# Options are the program's own; one that is started again takes its old port.
sub start_fakes
{
	my ($self, @options) = @_;
	($self->{fakes_pid}, $self->{fakes_port}) =
	  $self->launch(qr/^ready (\d+)/, "$root/test/fakes/fake_services", '--port=' . ($self->{fakes_port} // 0), @options);
	return;
}

sub start_gateway
{
	my ($self, %environment) = @_;
	local %ENV = %ENV;

	# the tests' own; the gateway refuses variables of its prefix that it does not know
	delete $ENV{FRONTDESK_CONTRACTS};
	# tests hold locks for as long as a slow machine takes to meet them
	$ENV{PGOPTIONS} = delete $environment{PGOPTIONS} // '-c lock_timeout=1min';
	$ENV{FRONTDESK_DATABASE} = $self->{node}->connstr($self->{database}) . ' user=frontdesk_authenticator';
	$ENV{FRONTDESK_PORT} = $self->{gateway_port} // 0;
	$ENV{"FRONTDESK_$_"} = $environment{$_} for keys %environment;
	($self->{gateway_pid}, $self->{gateway_port}) =
	  $self->launch(qr/listening on .* port (\d+)/, "$root/src/gateway/pg_frontdesk_gateway");
	return;
}

# Ends a program by its pid and waits for it.
sub end_child
{
	my ($self, $pid, $signal) = @_;
	kill $signal // 'TERM', $pid;
	waitpid $pid, 0;
	$self->{children} = [ grep { $_ != $pid } @{ $self->{children} } ];
	return $? >> 8;
}

sub fakes { return "http://127.0.0.1:$_[0]{fakes_port}" }
sub gateway { return "http://127.0.0.1:$_[0]{gateway_port}" }

sub DESTROY
{
	my ($self) = @_;
	local $?;

	# one that is watched (dev/sanitized) reports at its end what it did not give back
	my $signal = $ENV{ASAN_OPTIONS} ? 'TERM' : 'KILL';
	for my $pid (@{ $self->{children} })
	{
		kill $signal, $pid;
		waitpid $pid, 0;
	}
	return;
}

# ---- the outside world ----

sub fake_control
{
	my ($self, $method, $path, $body) = @_;
	my $answer = $self->{http}->request($method, $self->fakes . "/_fake/$path",
		{ defined $body ? (content => $json->encode($body), headers => { 'content-type' => 'application/json' }) : () });
	die "fake $method $path: $answer->{status} $answer->{content}" unless $answer->{success};
	return length $answer->{content} ? $json->decode($answer->{content}) : undef;
}

# Makes the fakes misbehave; an empty list makes them behave again.
sub rules
{
	my ($self, @rules) = @_;
	$self->fake_control('DELETE', 'rules');
	$self->fake_control('POST', 'rules', \@rules) if @rules;
	return;
}

# Requests that a service has seen so far, in order.
sub requests
{
	my ($self, $service) = @_;
	my $answer = $self->fake_control('GET', 'requests' . (defined $service ? "?service=$service" : ''));
	return ref $answer eq 'HASH' ? @{ $answer->{requests} } : @$answer;
}

# Requests that a service has not answered yet.
sub in_flight
{
	my ($self, $service) = @_;
	return $self->fake_control('GET', 'stats')->{$service}{in_flight};
}

# What Chatwoot was asked to say in a conversation, in order.
sub replies
{
	my ($self, $display) = @_;
	return grep { $_->{method} eq 'POST' && $_->{path} =~ m{/conversations/$display/messages$} } $self->requests('chatwoot');
}

sub forget_requests { $_[0]->fake_control('DELETE', 'requests'); return }

# ---- accounts and webhooks ----

my $displays = 1000;
my $messages = 50000;

# An account with a Chatwoot site at the fakes, providers there, and one
# registration.  Options: models => 0 leaves the providers without keys,
# signed => 0 makes an unsigned registration.
sub account
{
	my ($self, $name, %option) = @_;
	my $account = { name => $name, secret => 'secret-of-' . ++$messages, chatwoot => 3 };

	$account->{id} = $self->sql("SELECT frontdesk.add_account('$name')");
	$account->{site} = $self->sql(sprintf q{SELECT frontdesk.add_site(%d, '%s', 3, 'bot-token', 'user-token')},
		$account->{id}, $self->fakes);
	$self->use_models($account) unless defined $option{models} && !$option{models};
	my $signed = defined $option{signed} && !$option{signed} ? 'false' : 'true';
	($account->{login}, $account->{password}) = split /\|/,
	  $self->sql("SELECT login, password FROM frontdesk.register_webhook($account->{id}, $account->{site}, '$account->{secret}', 'test', $signed)");
	return $account;
}

sub use_models
{
	my ($self, $account) = @_;
	for my $provider ('openai', 'anthropic')
	{
		$self->sql(sprintf q{INSERT INTO frontdesk.providers (account_id, name, kind, base_url, settings)
			SELECT %d, name, kind, '%s', settings FROM frontdesk.providers WHERE account_id = 0 AND name = '%s';
			SELECT FROM frontdesk.set_secret(%d, 'provider:%s', 'key-%s')},
			$account->{id}, $self->fakes, $provider, $account->{id}, $provider, $provider);
	}
	return;
}

# A time as Chatwoot writes it.
sub iso { return strftime('%Y-%m-%dT%H:%M:%S', gmtime int $_[0]) . sprintf('.%03dZ', 1000 * ($_[0] - int $_[0])) }

# A message_created event as Chatwoot sends it; options override members.
sub message_event
{
	my ($self, $account, $content, %option) = @_;
	my $id = $option{id} // ++$messages;
	my $display = $option{conversation} // ++$displays;
	my $now = time;
	my %person = (additional_attributes => {}, custom_attributes => {}, email => undef, id => 500 + $display,
		identifier => undef, name => $option{name} // 'Bruno Lima', phone_number => '+5511987654321', thumbnail => '', blocked => JSON::PP::false);
	my %place = (id => $account->{chatwoot}, name => $account->{name});

	$self->{written}{$id} = iso($now);
	return {
		account => {%place}, additional_attributes => {}, content_attributes => $option{content_attributes} // {},
		content_type => 'text', content => $content, created_at => $self->{written}{$id}, id => $id,
		inbox => { id => 21, name => 'WhatsApp' }, message_type => $option{message_type} // 'incoming',
		private => $option{private} ? JSON::PP::true : JSON::PP::false,
		sender => exists $option{sender} ? $option{sender} : { %person, account => {%place}, avatar => '' },
		source_id => $option{source_id}, event => $option{event} // 'message_created',
		conversation => {
			additional_attributes => {}, can_reply => JSON::PP::true, channel => $option{channel} // 'Channel::Whatsapp',
			id => $display, inbox_id => 21, messages => [], labels => [], status => $option{status} // 'pending',
			contact_inbox => { id => 9101, contact_id => 500 + $display, inbox_id => 21, source_id => '5511987654321' },
			meta => { sender => { %person, type => 'contact' }, assignee => undef, assignee_type => undef, team => undef, hmac_verified => JSON::PP::false },
			custom_attributes => {}, snoozed_until => undef, unread_count => 1, first_reply_created_at => undef, priority => undef,
			waiting_since => $now, agent_last_seen_at => 0, contact_last_seen_at => 0, last_activity_at => $now, timestamp => $now,
			created_at => $now, updated_at => $now + 0.5, account => {%place},
		},
	};
}

# Headers that Chatwoot sends with a body; options: secret, timestamp,
# signature, login, password, each undef to leave its header out.
sub webhook_headers
{
	my ($self, $account, $body, %option) = @_;
	my %given = (secret => $account->{secret}, timestamp => time, login => $account->{login}, password => $account->{password}, %option);
	my %headers = ('content-type' => 'application/json', 'x-chatwoot-delivery' => 'd-' . ++$messages);

	$headers{'x-chatwoot-timestamp'} = $given{timestamp} if defined $given{timestamp};
	my $signature = exists $given{signature} ? $given{signature}
	  : defined $given{secret} ? 'sha256=' . hmac_sha256_hex(($given{timestamp} // '') . ".$body", $given{secret}) : undef;
	$headers{'x-chatwoot-signature'} = $signature if defined $signature;
	$headers{authorization} = 'Basic ' . encode_base64("$given{login}:$given{password}", '') if defined $given{login};
	return \%headers;
}

# Posts an event (a structure) or a raw body through the gateway; returns the
# HTTP::Tiny answer with {json} decoded where it can be.
sub post_webhook
{
	my ($self, $account, $event, %option) = @_;
	# a message that was written as it was posted is as old by a clock that the test owns
	$event->{created_at} = iso($option{timestamp})
	  if ref $event && $option{timestamp} && $event->{created_at} && $event->{created_at} eq ($self->{written}{ $event->{id} } // '');
	my $body = ref $event ? $json->encode($event) : $event;
	my $answer = $self->{http}->post($self->gateway . '/rpc/chatwoot_webhook',
		{ content => $body, headers => $self->webhook_headers($account, $body, %option) });

	$answer->{json} = eval { $json->decode($answer->{content}) };
	return $answer;
}

# How many webhooks were refused so far: rows of the audit trail, and what is
# counted because a row of the kind is younger than a minute.
sub refusals
{
	my ($self) = @_;
	return $self->sql(q{SELECT (SELECT count(*) + coalesce(sum((detail ->> 'repeats')::bigint), 0) FROM frontdesk.audit WHERE action = 'webhook.refused')
		+ (SELECT coalesce(sum(repeats), 0) FROM frontdesk.audit_repeats WHERE action = 'webhook.refused')});
}

# Waits until no thread of the account has unfinished business.
sub wait_for_rest
{
	my ($self, $account) = @_;
	$self->wait_until("SELECT NOT EXISTS (SELECT FROM frontdesk.ready WHERE account_id = $account->{id})", 'threads to rest');
	return;
}

1;
