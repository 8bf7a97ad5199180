# Accounts are kept apart everywhere: a walk over the catalog.
#
# An operator of one account tries every table, view and function that roles may
# use, with the ids of another account.  Nothing here is listed by name, so what a
# later version adds is tried as well: a table without a policy turns this red.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use Frontdesk;
use PostgreSQL::Test::Utils;
use Test::More;

my $desk = Frontdesk->start(conf => "frontdesk.prune_interval = 0\n");    # rows change by what is tried here alone
my $mine = $desk->account('Mine');
my $theirs = $desk->account('Bee');
my ($m, $t) = ($mine->{id}, $theirs->{id});
my $marker = 'BEEHIVE-7';    # stands in rows of the other account, and nowhere else

# ---- rows of the other account, in as many tables as real work fills ----

for my $account ($mine, $theirs)
{
	my $word = $account == $theirs ? $marker : 'mine';
	$desk->sql(qq{
		INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt) VALUES ($account->{id}, 'conversation', 'local', 'x', '$word prompt');
		INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt) VALUES ($account->{id}, 'own', 'openai', 'x', '$word prompt');
		INSERT INTO frontdesk.knowledge (account_id, question, answer) VALUES ($account->{id}, 'Where are you?', '$word street');
		INSERT INTO frontdesk.templates (account_id, name, language, content) VALUES ($account->{id}, 'greeting', 'en', '$word');
		INSERT INTO frontdesk.job_postings (account_id, title) VALUES ($account->{id}, '$word');
		INSERT INTO frontdesk.classifier_examples (account_id, content, intent, route) VALUES ($account->{id}, '$word a', 'a', 'automated'), ($account->{id}, '$word b', 'b', 'automated');
		INSERT INTO frontdesk.error_costs (account_id) VALUES ($account->{id});
		INSERT INTO frontdesk.people_rules (account_id, return_label, sweep_every) VALUES ($account->{id}, '$word', NULL);
		INSERT INTO frontdesk.channel_limits (account_id, channel, max_length) VALUES ($account->{id}, 'sms', 320);
		INSERT INTO frontdesk.refusal_rules (account_id, position, pattern, remedy) VALUES ($account->{id}, 1, 'x', 'person');
		INSERT INTO frontdesk.office_hours (account_id, weekday, opens, closes) VALUES ($account->{id}, 1, '09:00', '17:00');
		INSERT INTO frontdesk.phrases (account_id, kind, phrase) VALUES ($account->{id}, 'opt_out', '$word');
		INSERT INTO frontdesk.budgets (account_id, per_day) VALUES ($account->{id}, 5);
		INSERT INTO frontdesk.retention_policies (account_id, what, keep) SELECT $account->{id}, what, '30 days' FROM frontdesk.retention_kinds LIMIT 1;
		INSERT INTO frontdesk.campaigns (account_id, name) VALUES ($account->{id}, '$word');
		INSERT INTO frontdesk.stock_alerts (account_id, product_name) VALUES ($account->{id}, '$word');
		INSERT INTO frontdesk.graphs (account_id, name, version, entry, comment) VALUES ($account->{id}, 'own', 1, 'ask', '$word');
		INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, settings) VALUES ($account->{id}, 'own', 1, 'ask', 'interrupt', '{"question": "$word"}');
		INSERT INTO frontdesk.users (account_id, role_name, name) VALUES ($account->{id}, 'login_$word', '$word');
		SELECT frontdesk.train_classifier('own', $account->{id});
		UPDATE frontdesk.providers SET settings = settings || '{"headers": {"x-tenant": "$word"}}' WHERE account_id = $account->{id}});
	is($desk->post_webhook($account, $desk->message_event($account, "my word is $word", name => $word))->{status}, 200, "a message to $account->{name}");
	$desk->wait_for_rest($account);
	is($desk->post_webhook($account, $desk->message_event($account, "refused is $word"), password => 'wrong')->{status}, 401, "and one that is refused");
	$desk->sql("SELECT frontdesk.receive_message($account->{id}, 'webchat', 'someone', 'do you know $word?')");
	$desk->wait_for_rest($account);
	$desk->sql("SELECT frontdesk.set_opt_out($account->{id}, (SELECT min(id::text)::uuid FROM frontdesk.leads WHERE account_id = $account->{id}), 'webchat', true, '$word')");
}
$desk->sql('CREATE ROLE op_mine LOGIN IN ROLE frontdesk_operator');
$desk->sql("INSERT INTO frontdesk.users (account_id, role_name, name) VALUES ($m, 'op_mine', 'Ann')");

# what the operator is told: (exit code, output, error)
sub ask
{
	my ($sql) = @_;
	my $code = $desk->node->psql('postgres', $sql, stdout => \my $out, stderr => \my $err, on_error_stop => 1, extra_params => [ '-U', 'op_mine' ]);
	return ($code, $out, $err);
}

# the same for statements each of which may fail
sub ask_all
{
	my $code = $desk->node->psql('postgres', join("\n", "SET statement_timeout = '5s';", @_), stdout => \my $out, stderr => \my $err, on_error_stop => 0, extra_params => [ '-U', 'op_mine' ]);
	return ($code, $out, $err);
}

sub lines { return split /\n/, $desk->sql($_[0]) }

my $tables = q{SELECT c.oid, c.relname FROM pg_class c WHERE c.relnamespace = 'frontdesk'::regnamespace AND c.relkind IN ('r', 'p')};
my @roles = map { "frontdesk_$_" } qw(anon authenticator operator tool webhook);

subtest 'tables' => sub {
	my @keyed = lines("SELECT relname FROM ($tables) t WHERE EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'account_id' AND NOT a.attisdropped) ORDER BY 1");

	cmp_ok(scalar @keyed, '>', 30, 'there are tables to walk');
	for my $table (@keyed)
	{
		my $readable = $desk->sql(sprintf q{SELECT bool_or(has_any_column_privilege(r, 'frontdesk.%s', 'SELECT, INSERT, UPDATE') OR has_table_privilege(r, 'frontdesk.%s', 'SELECT, INSERT, UPDATE, DELETE')) FROM unnest('{%s}'::text[]) r}, $table, $table, join ',', @roles);
		next if $readable eq 'f';
		is($desk->sql("SELECT relrowsecurity FROM pg_class WHERE oid = 'frontdesk.$table'::regclass"), 't', "$table has row security");
		is($desk->sql("SELECT count(*) FROM pg_policy WHERE polrelid = 'frontdesk.$table'::regclass AND pg_get_expr(polqual, polrelid) !~ 'visible_accounts\\(\\)' AND pg_get_expr(polqual, polrelid) <> '(account_id = 0)'"), 0, '… whose policies ask which accounts are visible');
		is($desk->sql("SELECT count(*) FROM pg_policy WHERE polrelid = 'frontdesk.$table'::regclass AND polcmd <> 'r' AND pg_get_expr(polqual, polrelid) !~ 'visible_accounts\\(\\)'"), 0, '… and let nobody write what is the house\'s');
		my ($code, $out, $err) = ask("SELECT count(account_id) FROM frontdesk.$table WHERE account_id NOT IN (0, $m)");
		is($code == 0 ? $out : $err =~ /permission denied/ ? 0 : $err, 0, '… and shows no row of another account');
	}
	my @bare = lines("SELECT relname FROM ($tables) t WHERE EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'account_id')
		AND has_table_privilege('frontdesk_operator', t.oid, 'SELECT') AND relname NOT IN ('interrupts', 'rehearsals', 'tool_runs', 'alarms', 'retention_runs', 'pauses', 'campaign_messages', 'reply_drafts', 'mailbox', 'ready', 'graph_edges', 'site_sweeps')");
	for my $table (@bare)
	{
		isnt($desk->sql("SELECT count(*) FROM frontdesk.$table WHERE account_id = $t"), 0, "the other account has rows in $table, or this proves little");
	}
};

subtest 'views' => sub {
	for my $view (lines(q{SELECT relname FROM pg_class WHERE relnamespace = 'frontdesk'::regnamespace AND relkind = 'v' ORDER BY 1}))
	{
		is($desk->sql("SELECT coalesce('security_invoker=true' = ANY (reloptions), false) FROM pg_class WHERE oid = 'frontdesk.$view'::regclass"), 't', "$view runs with the rights of who asks");
		my ($code, $out, $err) = ask("SELECT count(*) FILTER (WHERE row_to_json(v)::text ~ '$marker') FROM frontdesk.$view v");
		is($code == 0 ? $out : $err =~ /permission denied/ ? 0 : $err, 0, '… and shows nothing of the other account');
	}
};

subtest 'whole tables are nobody\'s to lock or to empty' => sub {
	for my $role (@roles)
	{
		is($desk->sql("SELECT coalesce(string_agg(relname || ' ' || p, ', '), 'none') FROM ($tables) t, unnest('{INSERT,UPDATE,DELETE,TRUNCATE,TRIGGER,REFERENCES}'::text[]) p WHERE has_table_privilege('$role', t.oid, p)"),
			'none', "$role has no right on a whole table but to read");
	}
	my @all = lines("SELECT relname FROM ($tables) t ORDER BY 1");
	my (undef, undef, $err) = ask_all(map { "BEGIN; LOCK TABLE frontdesk.$_ IN SHARE MODE; ROLLBACK;" } @all);
	is(scalar(() = $err =~ /ERROR:  permission denied/g), scalar @all, 'none of them can be locked');
};

# ---- functions, with whatever of the other account fits their arguments ----

my ($thread, $lead, $display) = split /\|/, $desk->sql("SELECT c.id, c.lead_id, c.display_id FROM frontdesk.conversations c WHERE c.account_id = $t ORDER BY c.created_at LIMIT 1");
my $login = $theirs->{login};
my %samples = (
	uuid => [ "'$thread'::uuid", "'$lead'::uuid" ],
	integer => [ $t, 0 ],
	bigint => [1],
	text => [ "'own'", "'conversation'", "'$thread'", "'$display'", "'$login'", "'provider:openai'", "'openai'", "'SELECT content, prompt AS intent FROM frontdesk.messages, frontdesk.agents'" ],
	jsonb => [q{'{}'::jsonb}],
	json => [q{'{}'::json}],
	interval => [q{'1 hour'::interval}],
	'timestamp with time zone' => ['now()'],
	boolean => ['true'],
	real => ['0.5::real'],
	regtype => [q{'frontdesk.agents'::regtype}],
	regprocedure => [q{'frontdesk.clock()'::regprocedure}],
	bytea => [q{'x'::bytea}],
	numeric => ['1'],
	'double precision' => ['1'],
	'text[]' => [q{'{own}'::text[]}],
);

# a digest of all rows of the other account and of the house
sub digest
{
	return $desk->sql(join ' UNION ALL ', map { "(SELECT '$_', md5(string_agg(r::text, '' ORDER BY r::text)) FROM frontdesk.$_ r WHERE account_id IN (0, $t))" }
		grep { $_ ne 'ready' && $_ ne 'site_sweeps' } lines("SELECT relname FROM ($tables) t WHERE EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'account_id') ORDER BY 1"));
}

subtest 'functions' => sub {
	my @functions = lines(q{SELECT p.oid::regprocedure, p.proname, coalesce((SELECT string_agg(format_type(x, NULL), '|' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY u (x, n)), '')
		FROM pg_proc p WHERE p.pronamespace = 'frontdesk'::regnamespace AND p.prokind = 'f' AND has_function_privilege('frontdesk_operator', p.oid, 'EXECUTE') ORDER BY 1});
	my $before = digest();
	my ($tried, $refused) = (0, 0);

	cmp_ok(scalar @functions, '>', 50, 'there are functions to walk');
	for my $row (@functions)
	{
		my ($signature, $name, @types) = split /\|/, $row;
		my @unknown = grep { !$samples{$_} } @types;

		is("@unknown", '', "$signature: every type of argument has a sample here");
		next if @unknown;
		# every sample of every argument once, the others at their first
		my @calls = map { my $i = $_; map { my $j = $_; [ map { $_ == $i ? $samples{ $types[$_] }[$j] : $samples{ $types[$_] }[0] } 0 .. $#types ] } 0 .. $#{ $samples{ $types[$i] } } } 0 .. $#types;
		@calls = ([]) unless @types;
		my %calls = map { join(', ', @$_) => 1 } @calls;
		my ($code, $out, $err) = ask_all(map { "SELECT * FROM frontdesk.$name($_);" } sort keys %calls);
		my @leaks = grep { /$marker/ } split /\n/, "$out\n" . $err =~ s/^LINE .*\n.*//mgr;

		$tried += keys %calls;
		$refused += () = $err =~ /ERROR/g;
		is("@leaks", '', "$signature tells nothing of the other account");
	}
	note("calls: $tried, of which $refused refused");
	is(digest(), $before, 'and none of them has changed a row of it, or of the house');
};

subtest 'rows that people write' => sub {
	for my $row (lines("SELECT t.relname, a.attname FROM ($tables) t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND has_column_privilege('frontdesk_operator', t.oid, a.attnum, 'UPDATE') ORDER BY 1, 2"))
	{
		my ($table, $column) = split /\|/, $row;
		my ($key) = $table eq 'accounts' ? 'id' : 'account_id';
		my ($code, $out, $err) = ask("WITH u AS (UPDATE frontdesk.$table SET $column = $column WHERE $key <> $m RETURNING 1) SELECT count(*) FROM u");
		is($code == 0 ? $out : $err, 0, "$table.$column: of no other account");
	}
	my %needed = (error_costs => [ 'false_alarm', '2' ], templates => [ q{name, language, content}, q{'x', 'en', 'x'} ], job_postings => [ 'title', "'x'" ], campaigns => [ 'name', "'x'" ], people_rules => [ 'approval', "'auto'" ], office_hours => [ 'weekday, opens, closes', q{7, '10:00', '12:00'} ], channel_limits => [ 'channel, max_length', q{'line', 300} ], refusal_rules => [ 'position, pattern, remedy', q{2, 'y', 'person'} ], phrases => [ 'kind, phrase', q{'opt_out', 'x'} ],
		classifier_examples => [ 'content, intent, route', q{'x', 'x', 'automated'} ], knowledge => [ 'question, answer', q{'x', 'x'} ], agents => [ 'name, provider, model, prompt', q{'new', 'local', 'x', 'x'} ]);
	for my $table (lines("SELECT relname FROM ($tables) t WHERE has_any_column_privilege('frontdesk_operator', t.oid, 'INSERT') ORDER BY 1"))
	{
		ok($needed{$table}, "$table: a row to try is known here") or next;
		for my $account ($t, 0)
		{
			my (undef, undef, $err) = ask("INSERT INTO frontdesk.$table (account_id, $needed{$table}[0]) VALUES ($account, $needed{$table}[1])");
			like($err, qr/violates row-level security policy/, "$table: none for account " . ($account ? 'of others' : 'of the house'));
		}
	}
};

subtest 'no function that roles may call runs text as SQL' => sub {
	# EXECUTE in their source, and types of arguments that name what to read; each exception with its reason
	my %known = (
		'frontdesk."check"()' => 'names of functions come from frontdesk.checks, which only the owner writes',
		'frontdesk.graph_problems(text,integer,integer)' => 'names of functions come from frontdesk.graph_checks, which only the owner writes',
		'frontdesk.is_shipped(regprocedure)' => 'looks the function up and does not call it',
		'frontdesk.json_schema(regtype)' => 'reads the names and types of columns, which the catalog shows everybody',
	);
	my @found = lines(q{SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
		WHERE p.pronamespace = 'frontdesk'::regnamespace
		AND EXISTS (SELECT FROM unnest('{frontdesk_anon,frontdesk_authenticator,frontdesk_operator,frontdesk_tool,frontdesk_webhook}'::text[]) r WHERE has_function_privilege(r, p.oid, 'EXECUTE'))
		AND ((l.lanname = 'plpgsql' AND p.prosrc ~* '\mexecute\M') OR p.prosrc ~* '::\s*reg(class|proc|type|oper|namespace|role)' AND p.prosrc ~* '(\$\d|[a-z_]+\.[a-z_]+)::\s*reg'
			OR EXISTS (SELECT FROM unnest(p.proargtypes) a WHERE a::regtype::text IN ('regclass', 'regproc', 'regprocedure', 'regtype', 'regoper', 'regoperator', 'refcursor')))
		ORDER BY 1});
	is(join(', ', grep { !$known{$_} } @found), '', 'all that could are known, with a reason');
};

done_testing();
