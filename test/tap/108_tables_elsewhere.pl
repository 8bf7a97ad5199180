# Hot tables of ours that an operator has partitioned or put elsewhere: mail goes
# through them as through plain ones, and workers that had them open notice.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use Test::More;

my @hot = qw(leads conversations messages threads mailbox ready checkpoints deliveries);
my $desk = Frontdesk->start(conf => "frontdesk.router_confidence = 1.01\nlog_min_messages = debug1\n");
my $account = $desk->account('Clinic');
my $other = $desk->account('Salon');

# A message in, twice; one reply out; the story as it always is.
sub mail_passes
{
	my ($whose, $name) = @_;
	my $event = $desk->message_event($whose, "$name [[route=recruitment]]", source_id => "source of $name");
	my $display = $event->{conversation}{id};

	is($desk->post_webhook($whose, $event)->{json}{status}, 'stored', "$name: a message is stored");
	$desk->wait_for_rest($whose);
	is($desk->post_webhook($whose, $event)->{json}{status}, 'duplicate', "$name: and known again");
	$desk->wait_for_rest($whose);
	is(scalar $desk->replies($display), 1, "$name: Chatwoot got one reply");
	my $thread = $desk->sql("SELECT id FROM frontdesk.conversations WHERE account_id = $whose->{id} AND display_id = $display");
	is($desk->sql("SELECT string_agg(direction || ':' || author || ':' || (chatwoot_message_id IS NOT NULL), ' ' ORDER BY seq)
		FROM frontdesk.messages WHERE conversation_id = '$thread'"), 'incoming:customer:true outgoing:bot:true', "$name: both messages are stored, once");
	is($desk->sql("SELECT string_agg(node, ' ' ORDER BY seq) FROM frontdesk.checkpoints WHERE thread_id = '$thread'"),
		'classify extract_lead_info generate_response', "$name: the checkpoints tell the steps");
	is($desk->sql("SELECT string_agg(status || ':' || attempts, ' ') FROM frontdesk.deliveries WHERE thread_id = '$thread' AND kind = 'reply'"),
		'sent:1', "$name: the reply is sent, in one attempt");
	is($desk->sql("SELECT count(*) FROM frontdesk.mailbox WHERE thread_id = '$thread'"), '0', "$name: the mailbox is empty");
	is($desk->sql('SELECT count(*) FROM frontdesk.dead_letters'), '0', "$name: nothing is given up");
	return $display;
}

# How many rows of each table are in a partition of that ending.
sub rows_in
{
	my ($ending) = @_;
	return $desk->sql(join(' UNION ALL ', map { "SELECT count(*) FROM frontdesk.${_}_$ending" } @hot));
}

# Tables whose rows have been left to the executor, which is slow: the log has them.
sub left_to_executor
{
	my %tables = map { $_ => 1 } PostgreSQL::Test::Utils::slurp_file($desk->node->logfile) =~ /rows of frontdesk\.(\w+) are written by the executor/g;
	return join ' ', sort keys %tables;
}

mail_passes($account, 'plain');
is(left_to_executor(), '', 'no table as we ship it is left to the executor');

# ---- partitioned: one for an account, one for all others, with what there was

for my $table (@hot)
{
	$desk->sql(<<"SQL");
BEGIN;
ALTER TABLE frontdesk.$table RENAME TO ${table}_rest;
CREATE TABLE frontdesk.$table (LIKE frontdesk.${table}_rest INCLUDING ALL) PARTITION BY LIST (account_id);
CREATE TABLE frontdesk.${table}_salon PARTITION OF frontdesk.$table FOR VALUES IN ($other->{id});
ALTER TABLE frontdesk.$table ATTACH PARTITION frontdesk.${table}_rest DEFAULT;
COMMIT;
SQL
}
my $before = rows_in('rest');
mail_passes($other, 'partitioned');
is(rows_in('rest'), $before, 'all rows of the account are in its partitions');
is_deeply([ map { $_ > 0 ? 1 : 0 } split /\n/, rows_in('salon') ], [ map { /^(mailbox|ready)$/ ? 0 : 1 } @hot ],
	'in each table that keeps any');
mail_passes($account, 'partition of the rest');

# ---- foreign: messages are in another database's table, here the same one's

$desk->sql(sprintf <<'SQL', $desk->node->host, $desk->node->port);
CREATE EXTENSION postgres_fdw;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '%s', port '%d', dbname 'postgres');
CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere;
BEGIN;
CREATE SCHEMA arriving;
IMPORT FOREIGN SCHEMA frontdesk LIMIT TO (messages) FROM SERVER elsewhere INTO arriving OPTIONS (import_default 'true');
ALTER TABLE frontdesk.messages RENAME TO messages_kept;
ALTER FOREIGN TABLE arriving.messages OPTIONS (SET table_name 'messages_kept');
ALTER FOREIGN TABLE arriving.messages SET SCHEMA frontdesk;
COMMIT;
SQL
is($desk->sql(q{SELECT relkind FROM pg_class WHERE oid = 'frontdesk.messages'::regclass}), 'f', 'messages is a foreign table');
my $kept = $desk->sql('SELECT count(*) FROM frontdesk.messages_kept');
mail_passes($account, 'foreign');
is($desk->sql('SELECT count(*) FROM frontdesk.messages_kept'), $kept + 2, 'the messages are where the foreign table leads');

like(left_to_executor(), qr/\bleads\b.*\bmessages\b/, 'the log tells of those that are');

done_testing();
