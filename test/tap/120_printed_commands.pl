# The commands that README and docs print: each runs as printed, in the order of
# its page, in a house of its own that is in the state the page starts from, and
# prints what the page says.  How pages are read: test/perl/PrintedCommands.pm.
#
#	dev/tap test/tap/120_printed_commands.pl :: docs/tutorial.md     one page
use strict;
use warnings;

use File::Basename qw(dirname);
use File::Spec;
use File::Temp;
use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use PrintedCommands;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

# What a page writes for what a test has at another address.
sub stand_ins { return { 'https://chat.example.com' => $_[0]->fakes } }

# What Chatwoot knows after its administrator did what connect-chatwoot says.
my ($login, $password);
my %told = (bot => 'bot-token', user => 'user-token', webhook => 'secret-of-the-bot');

sub enter_address
{
	my ($session) = @_;
	($login, $password) = $session->{printed} =~ m{https://([\w.]+):(\w+)@} or die "no address in: $session->{printed}";
	return;
}

sub customer_writes
{
	my ($desk, $text) = @_;
	my $account = { id => 1, name => 'Aurora Care', chatwoot => 1, secret => $told{webhook}, login => $login, password => $password };
	my $answer = $desk->post_webhook($account, $desk->message_event($account, $text, conversation => 1001, name => 'Bruno Lima'));

	is($answer->{status}, 200, "Chatwoot could tell of: $text");
	return;
}

# What the outside world does between two commands of a page.
my %outside = (
	chatwoot_gets_the_address => sub { enter_address($_[1]) },
	chatwoot_makes_a_bot => sub {
		my (undef, $session) = @_;
		enter_address($session);
		for my $who (keys %told)
		{
			open my $out, '>', $session->directory . "/$who." . ($who eq 'webhook' ? 'secret' : 'token') or die $!;
			print $out "$told{$who}\n";
			close $out;
		}
	},
	customer_asks => sub { customer_writes($_[0], 'When are you open?') },
	customer_asks_again => sub {
		my ($desk) = @_;
		customer_writes($desk, 'When are you open?');
		$desk->sql('SELECT frontdesk.wait_for_answers()');
	},
	chatwoot_shows_the_answer => sub { is(scalar $_[0]->replies(1001), 1, 'Chatwoot shows the answer') },
	chatwoot_refuses_a_reply => sub {
		my ($desk) = @_;
		$desk->rules({ match => { service => 'chatwoot', method => 'POST', path_contains => '/messages', contains => '"private": false' },
			action => { status => 422, body => '{"message":"Content is too long"}' } });
		customer_writes($desk, 'When are you open again?');
		$desk->sql('SELECT frontdesk.wait_for_answers()');
	},
	chatwoot_accepts => sub { $_[0]->rules },
	a_connection_breaks_and_nobody_can_look => sub {
		my ($desk) = @_;
		$desk->sql("SELECT frontdesk.delete_secret(1, 'chatwoot_user_token:1')");
		$desk->rules({ match => { service => 'chatwoot', method => 'POST', path_contains => '/messages', times => 1 },
			action => { apply_then_close => JSON::PP::true } });
		customer_writes($desk, 'And when are you open on Mondays?');
		$desk->sql('SELECT frontdesk.wait_for_answers()');
	},
	# a reader has a key and a network, a test has neither
	a_key_in_a_file => sub {
		my ($desk) = @_;
		append_to_file($_[1]->directory . '/openai.key', "sk-of-the-test\n");
		$desk->sql(sprintf q{INSERT INTO frontdesk.providers (account_id, name, kind, base_url, settings)
			SELECT 1, name, kind, '%s', settings FROM frontdesk.providers WHERE account_id = 0}, $desk->fakes);
	},
);

# The states that pages start from; a page may also start from the end of another.
my $serial = 0;
my $any;
my %houses = (
	'an empty house' => sub { return start() },
	'a house with account 1' => sub {
		my $desk = start();
		$desk->sql("SELECT frontdesk.add_account('Aurora Care')");
		return $desk;
	},
	'a database without the extension' => sub { return start(extension => 0) },
	# pages that only look
	'any house' => sub { return $any //= start() },
);

# In a container resume_work() would say more than pages print, unless there is a site token.
my $token = File::Temp->new;
print $token 'a token of this test', "\n";
$token->flush;

sub start
{
	return Frontdesk->start(
		name => 'desk' . ++$serial,
		database => 'shop',
		conf => "frontdesk.site_token_file = '$token'\n",
		@_);
}

sub outside
{
	my ($step, $desk, $session) = @_;
	die "nobody knows what to do for $step" unless $outside{$step};
	return $outside{$step}->($desk, $session);
}

sub session
{
	my ($desk) = @_;
	my $node = $desk->node;

	return PrintedCommands->new(
		environment => { PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => 'shop', PGUSER => scalar getpwuid($<) },
		replace => $desk->{fakes_port} ? stand_ins($desk) : {});
}

sub state_of { return $_[0] eq 'README.md' ? 'a database without the extension' : PrintedCommands::starts_from($_[0]) // 'any house' }

# The page at whose end another begins.
sub page_before
{
	my ($page) = @_;
	return state_of($page) =~ /^the end of \[[^]]+\]\(([^)]+)\)$/ ? File::Spec->canonpath(dirname($page) . "/$1") : undef;
}

# The house that a page starts from: a fresh one, or what another page left.
sub house
{
	my ($page) = @_;
	my $before = page_before($page);

	return walk($before) if defined $before;
	my $make = $houses{ state_of($page) } or die "$page: nobody knows the state \"" . state_of($page) . '"';
	return $make->();
}

# Runs a page, says what differs, and returns its house.
sub walk
{
	my ($page) = @_;
	my $desk = house($page);
	my $session = session($desk);

	for my $step (PrintedCommands::steps($page))
	{
		if ($step->{kind} eq 'test')
		{
			outside($step->{text}, $desk, $session);
			next;
		}
		next unless $step->{kind} =~ /^(?:sql|sh)$/;
		my $wrong = $session->run($step);
		is($wrong, '', "$page:$step->{line}");
		diag("$page:$step->{line}: $wrong") if $wrong ne '';
	}
	return $desk;
}

# ---- what is printed but not run ----

# Commands of blocks ```console: they want root, another machine, or half an
# hour.  What they name of ours must be there.
my %not_run = map { $_ => 1 } qw(adduser apt cd cp curl install journalctl make openssl runuser script/demo script/test sudo systemctl SELECT);

sub console_is_right
{
	my ($page, $step) = @_;

	for my $line (split /\n/, $step->{text})
	{
		next if $line =~ m{^\s*--};                # goes on from the line before
		my ($command) = $line =~ m{^\s*(\S*)};
		ok($command eq '' || $not_run{$command}, "$page:$step->{line}: $command is a command we know");
		ok(-e $_, "$page:$step->{line}: $_ is there") for $line =~ m{(?:^|\s)((?:script|dev|test|docs)/[\w./]+)}g;
	}
	return;
}

# Lines of postgresql.conf: PostgreSQL knows each name and takes each value.
sub settings_are_right
{
	my ($desk, $page, $step) = @_;
	my @names = $step->{text} =~ /^\s*([\w.]+) *=/mg;
	my $conf = $desk->node->data_dir . '/postgresql.conf';
	my $kept = slurp_file($conf);

	append_to_file($conf, "$step->{text}\n");
	is($desk->sql(sprintf q{SELECT count(DISTINCT name) FROM pg_settings WHERE name = ANY ('{%s}')}, join ',', @names),
		scalar @names, "$page:$step->{line}: settings that there are");
	is($desk->sql(q{SELECT coalesce(string_agg(name || ': ' || error, ', '), '') FROM pg_file_settings
			WHERE error IS NOT NULL AND error NOT LIKE '%without restarting%'}), '', "$page:$step->{line}: values that are taken");
	truncate $conf, 0;
	append_to_file($conf, $kept);
	return;
}

sub of_kind
{
	my ($page, @kinds) = @_;
	return grep { my $step = $_; grep { $_ eq $step->{kind} } @kinds } PrintedCommands::steps($page);
}

my @pages = @ARGV ? @ARGV : glob('README.md docs/*.md docs/*/*.md');

subtest 'what is not run' => sub {
	my $desk = start(gateway => 0, fakes => 0);
	for my $page (@pages)
	{
		console_is_right($page, $_) for of_kind($page, 'console');
		settings_are_right($desk, $page, $_) for of_kind($page, 'ini');
	}
	pass('that is all');
	$desk->node->stop('immediate');
};

# A page that another one begins with is walked there.
my %walked = @ARGV ? () : map { $_ => 1 } grep { defined } map { page_before($_) } @pages;
for my $page (grep { !$walked{$_} && of_kind($_, 'sql', 'sh') } @pages)
{
	subtest $page => sub {
		my $desk = walk($page);
		$desk->node->stop('immediate') unless defined $any && $desk == $any;
	};
}
$any->node->stop('immediate') if defined $any;
done_testing();
