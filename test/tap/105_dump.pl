# pg_dump and pg_restore bring back every row of every user's table, and every
# sequence, into a database that then works; the list of tables is taken from
# the catalogs, so that a table that comes later is held to it, too.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use Test::More;

my $desk = Frontdesk->start;
my $node = $desk->node;
my $account = $desk->account('Clinic');

# ---- life enough to dump ----

for my $content ('hello', 'I am a nurse and want to apply', 'is the blue lamp in stock', 'I am angry and want my lawyer')
{
	my $answer = $desk->post_webhook($account, $desk->message_event($account, $content));
	is($answer->{status}, 200, "stored: $content");
}
$desk->wait_for_rest($account);
$desk->sql('SELECT frontdesk.pause()');
$desk->post_webhook($account, $desk->message_event($account, 'this one waits'));
$desk->sql("SELECT frontdesk.pause($account->{id}, 'on holiday')");
$desk->sql("INSERT INTO frontdesk.users (account_id, role_name, name) VALUES ($account->{id}, 'clara', 'Clara')");

# ---- what is marked ----

my $marked = q{SELECT unnest(extconfig) FROM pg_extension WHERE extname = 'pg_frontdesk'};
my $owned = q{SELECT c.oid FROM pg_class c JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
	JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid AND e.extname = 'pg_frontdesk'};

# Tables whose rows are all shipped with the version, and how far pruning had come.
my @shipped = ('role_grants', 'graph_checks', 'checks', 'secret_kinds', 'retention_kinds', 'retention_runs');
is($desk->sql("SELECT coalesce(string_agg(relname, ', ' ORDER BY relname), '') FROM pg_class
	WHERE relkind IN ('r', 'p') AND relpersistence = 'p' AND oid IN ($owned) AND oid NOT IN ($marked)
	AND relname <> ALL ('{" . join(',', @shipped) . "}')"),
	'', 'every table of the extension is marked for pg_dump');
is($desk->sql("SELECT coalesce(string_agg(relname, ', ' ORDER BY relname), '') FROM pg_class
	WHERE relkind = 'S' AND oid IN ($owned) AND oid NOT IN ($marked)"),
	'', 'and so is every sequence');

# ---- there and back ----

# Rows that pg_dump takes along, per table, as a digest of their sorted text; the
# place is a matter of its own (107_place.pl).
sub contents
{
	my ($database) = @_;
	my %found;

	for my $line (split /\n/, $node->safe_psql($database, q{SELECT c.relkind::text || ' ' || c.oid::regclass || ' ' || coalesce(m.condition, '')
		FROM pg_extension e, unnest(e.extconfig, e.extcondition) m(oid, condition) JOIN pg_class c ON c.oid = m.oid
		WHERE e.extname = 'pg_frontdesk' AND c.relname <> 'place' ORDER BY 1}))
	{
		my ($kind, $name, $condition) = split / /, $line, 3;
		$found{$name} = $kind eq 'S' ? $node->safe_psql($database, "SELECT last_value, is_called FROM $name")
		  : $node->safe_psql($database, "SELECT count(*) || ' rows, ' || coalesce(md5(string_agg(r::text, E'\\n' ORDER BY r::text)), '') FROM (SELECT * FROM $name $condition) r");
	}
	return \%found;
}

my $dump = $node->basedir . '/dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, $node->connstr('postgres') ], 'pg_dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('restored'), $dump ], 'pg_restore, without an error');
my ($before, $after) = map { contents($_) } 'postgres', 'restored';
is_deeply([ sort keys %$after ], [ sort keys %$before ], 'the same tables and sequences are marked');
is($after->{$_}, $before->{$_}, "$_ is back: $before->{$_}") for sort keys %$before;
isnt($before->{"frontdesk.$_"}, '0 rows, ', "$_ had something to lose")
  for 'accounts', 'leads', 'conversations', 'messages', 'threads', 'ready', 'mailbox', 'checkpoints', 'deliveries', 'audit', 'secrets', 'pauses';

# ---- and it works ----

$desk->sql('SELECT frontdesk.resume_work()');
$desk->sql("SELECT frontdesk.resume_work($account->{id})");
$desk->wait_for_rest($account);
$desk->forget_requests;
$node->append_conf('postgresql.conf', "frontdesk.databases = 'restored'\n");
$node->reload;
like($node->safe_psql('restored', 'SELECT frontdesk.resume_work()'), qr/^working, but for what is paused: account 1$/, 'the restored database is accepted');
is($node->safe_psql('restored', 'SELECT frontdesk.resume_work(1)'), 'working', 'and its account works');
$node->poll_query_until('restored', 'SELECT NOT EXISTS (SELECT FROM frontdesk.ready)') or diag('the restored database does not work');
my @replies = grep { $_->{method} eq 'POST' && $_->{path} =~ m{/messages$} } $desk->requests('chatwoot');
is(scalar @replies, 1, 'what waited in the dump is answered from there');
is($node->safe_psql('restored', q{SELECT frontdesk.add_account('Bakery')}), $account->{id} + 1, 'numbers go on where they were');

done_testing();
