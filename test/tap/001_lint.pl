# Every check of `make lint` can fail: a small tree that passes is given one
# fault at a time, and the check that watches for it must see it, name it, and
# fail the whole of lint.
use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;

my $lint = abs_path(dirname(__FILE__) . '/../../dev/lint');
my %sound = (
	'Makefile' => "DOMAINS = base http llm\n",
	'pg_frontdesk.control' => "default_version = '1.2.3'\n",
	'META.json' => qq({"version": "1.2.3", "meta-spec": {"version": "1.0.0"}}\n),
	'CHANGELOG.md' => "# Changes\n\n## 1.2.3\n\n## 1.2.2\n",
	'src/pg_frontdesk.c' => qq(#include "llm/llm_call.h"\n\nvoid\n_PG_init(void)\n{\n	http_client_open();\n}\n),
	'src/base/base_errors.h' => "#define ERRCODE_FRONTDESK_X FRONTDESK_CODE('0', '0', '1')\n",
	'src/base/base_settings.c' => qq(	{"frontdesk.workers", SETTING_INT},\n),
	'src/base/base_tables.sql' => "CREATE TABLE frontdesk.things (\n  id integer NOT NULL,\n  CONSTRAINT things_pkey PRIMARY KEY (id)\n);\n"
	  . "CREATE INDEX things_idx ON frontdesk.things (id);\nCOMMENT ON TABLE frontdesk.things IS 'Read by frontdesk.ask().';\n",
	'src/http/http_client.c' => qq(#include "base/base_clock.h"\n\nstatic char **\nfind_one(int one)\n{\n	return ERRCODE_FRONTDESK_X;\n}\n\nvoid\nhttp_client_open(void)\n{\n}\n),
	'src/http/http_failure.c' => qq(static const Row rows[] = {\n	[LATE] = {"timeout", HTTP_FAULT_SERVICE, true, true},\n};\n),
	'src/llm/llm_call.sql' => "CREATE OR REPLACE FUNCTION frontdesk.ask() RETURNS void\nLANGUAGE sql\nAS \$\$ SELECT FROM frontdesk.things \$\$;\n"
	  . "COMMENT ON FUNCTION frontdesk.ask() IS 'Asks.';\n",
	'src/gateway/gateway_config.c' => qq(#include "gateway_config.h"\n#include <libpq-fe.h>\n	{"port", KIND_COUNT},\n),
	'docs/reference/settings.md' => "| `frontdesk.workers` | 1 |\n\n| `port` | 8080 |\n",
	'docs/reference/errors.md' => "| `FD001` | x |\n\n| `timeout` | too late | yes | service | wait |\n");

# Runs lint over the sound tree with some files replaced or added.
sub lint
{
	my %tree = (%sound, @_);
	my $directory = tempdir(CLEANUP => 1);

	for my $file (keys %tree)
	{
		make_path(dirname("$directory/$file"));
		open my $out, '>', "$directory/$file" or die "$file: $!";
		print $out $tree{$file};
		close $out;
	}
	local $ENV{DOMAINS};
	delete $ENV{DOMAINS};
	my $report = `cd '$directory' && '$lint' 2>&1`;
	return ($? >> 8, $report);
}

# One fault: the check that must fail, what it must say, and the files.
sub catches
{
	my ($check, $says, %files) = @_;
	my ($code, $report) = lint(%files);

	subtest "$check: $says" => sub {
		is $code, 1, 'lint fails';
		like $report, qr/^FAIL  $check$/m, 'by this check';
		like $report, qr/$says/, 'and says why';
	};
}

# One thing that is reported, and fails nothing.
sub tells
{
	my ($check, $says, %files) = @_;
	my ($code, $report) = lint(%files);

	subtest "$check: $says" => sub {
		is $code, 0, 'lint passes';
		like $report, qr/^ok    $check$/m, 'by this check, too';
		like $report, qr/$says/, 'which tells';
	};
}

my ($code, $report) = lint();
is $code, 0, 'a sound tree passes' or diag $report;

catches('check_layers', 'includes llm/, which stands above http',
	'src/http/http_retry.c' => qq(#include "llm/llm_call.h"\n));
catches('check_layers', 'uses frontdesk.ask of llm, which stands above base',
	'src/base/base_views.sql' => "CREATE VIEW frontdesk.asked AS SELECT frontdesk.ask();\nCOMMENT ON VIEW frontdesk.asked IS 'x';\n");
catches('check_layers', 'uses frontdesk.ask of llm',
	'src/http/http_egress.c' => qq(static const char *sql = "SELECT frontdesk.ask()";\n));
catches('check_layers', "is not the gateway's own",
	'src/gateway/gateway_main.c' => qq(#include "base/base_clock.h"\n));
catches('check_layers', "includes the server's <postgres.h>",
	'src/gateway/gateway_main.c' => "#include <postgres.h>\n");

($code, $report) = lint(
	'src/base/base_drop.c' => qq(/* see frontdesk.ask() */\nstatic const char *sql = "SELECT to_regprocedure('frontdesk.ask()')";\n	errhint("Run frontdesk.ask() first.");\n));
is $code, 0, 'what is only said to people, and loose references, may point upwards' or diag $report;

catches('check_version', 'META.json says "1.2.4"',
	'META.json' => qq({\n"version": "1.2.4"\n}\n));
catches('check_version', 'CHANGELOG.md says "1.2.2"', 'CHANGELOG.md' => "## 1.2.2\n");

catches('check_docs', 'VIEW ready has no COMMENT ON',
	'src/base/base_views.sql' => "CREATE OR REPLACE VIEW frontdesk.ready AS SELECT 1;\n");
catches('check_docs', 'does not explain setting frontdesk.extra',
	'src/base/base_settings.c' => qq(	{"frontdesk.workers", SETTING_INT},\n	{"frontdesk.extra", SETTING_INT},\n));
catches('check_docs', 'names setting frontdesk.gone, which does not exist',
	'docs/reference/settings.md' => "| `frontdesk.workers` |\n| `frontdesk.gone` |\n| `port` |\n");
catches('check_docs', 'does not explain gateway setting port',
	'docs/reference/settings.md' => "| `frontdesk.workers` |\n");
catches('check_docs', 'does not explain SQLSTATE FD001', 'docs/reference/errors.md' => "none\n");
catches('check_docs', 'does not explain failure timeout', 'docs/reference/errors.md' => "| `FD001` | x |\n");
catches('check_docs', 'names failure timeout \\(again no, fault service\\), which does not exist',
	'docs/reference/errors.md' => "| `FD001` | x |\n\n| `timeout` | too late | no | service | wait |\n");
catches('check_docs', 'nothing raises ERRCODE_FRONTDESK_Y',
	'src/base/base_errors.h' => "#define ERRCODE_FRONTDESK_X FRONTDESK_CODE('0', '0', '1')\n#define ERRCODE_FRONTDESK_Y FRONTDESK_CODE('0', '0', '2')\n",
	'docs/reference/errors.md' => "| `FD001` | x |\n| `FD002` | x |\n\n| `timeout` | too late | yes | service | wait |\n");

my $words = "| word | is | file |\n|---|---|---|\n| ask | sends a question | `llm/llm_call.sql` |\n";
($code, $report) = lint('docs/explanation/words.md' => $words);
is $code, 0, 'a word with its file is explained' or diag $report;
catches('check_docs', 'names src/llm/llm_gone.c, which does not exist',
	'docs/explanation/words.md' => $words =~ s/llm_call.sql/llm_gone.c/r);
catches('check_docs', 'explains ask twice', 'docs/explanation/words.md' => "$words| bid, ask | x | `llm/llm_call.sql` |\n");
catches('check_docs', 'names no one file for ask', 'docs/explanation/words.md' => $words =~ s/`.*`/here/r);

my $walk = "| function | file | does |\n|---|---|---|\n| `http_client_open()` | `http/http_client.c` | opens |\n";
($code, $report) = lint('docs/explanation/architecture.md' => $walk, 'README.md' => "`http_client_open` is in `src/http/http_client.c`\n");
is $code, 0, 'a function may be named in its file' or diag $report;
catches('check_docs', 'architecture.md says that http_client_open\\(\\) is in src/http/http_retry.c',
	'docs/explanation/architecture.md' => $walk =~ s/http_client.c/http_retry.c/r);
catches('check_docs', 'README.md says that http_client_shut is in', 'README.md' => "`http_client_shut` is in `src/http/http_client.c`\n");

catches('check_names', '"helper" in http_helper',
	'src/http/http_helper.c' => "\n");
catches('check_names', '"data" in send_data',
	'src/http/http_retry.c' => "static void\nsend_data(void)\n{\n}\n");
catches('check_names', 'delay is public and does not begin with http_',
	'src/http/http_retry.c' => "int\ndelay(void)\n{\n}\n");
catches('check_names', 'does not begin with http_', 'src/http/retry.c' => "\n");
catches('check_names', 'a constraint without a name',
	'src/http/http_tables.sql' => "CREATE TABLE frontdesk.calls (\n  id integer PRIMARY KEY\n);\nCOMMENT ON TABLE frontdesk.calls IS 'x';\n");
catches('check_names', 'SECURITY DEFINER belongs',
	'src/http/http_retry.sql' => "ALTER FUNCTION frontdesk.ask() SECURITY DEFINER;\n");

catches('check_names', 'test/tap/010_c.pl: the number is taken by test/tap/010_b.pl',
	map { ("test/tap/$_.pl" => "1;\n") } '009_a', '010_b', '010_c');

catches('check_dynamic_sql', 'src/http/http_retry.c ask: runs text as SQL',
	'src/http/http_retry.c' => "static void\nask(const char *query)\n{\n	SPI_execute(query, false, 0);\n}\n");
catches('check_dynamic_sql', 'src/http/http_retry.sql run_it: runs text as SQL',
	'src/http/http_retry.sql' => "CREATE OR REPLACE FUNCTION frontdesk.run_it(query text) RETURNS void\nLANGUAGE plpgsql\nAS \$\$ BEGIN EXECUTE query; END \$\$;\nCOMMENT ON FUNCTION frontdesk.run_it(text) IS 'x';\n");
catches('check_dynamic_sql', 'src/http/http_retry.sql look_up: runs text as SQL, or looks a name up',
	'src/http/http_retry.sql' => "CREATE OR REPLACE FUNCTION frontdesk.look_up(name text) RETURNS regclass\nLANGUAGE sql\nAS \$\$ SELECT name::regclass \$\$;\nCOMMENT ON FUNCTION frontdesk.look_up(text) IS 'x';\n");

# Files that use each other, by however long a way.
my %ring = map { ("src/http/http_$_->[0].c" => "int\nhttp_$_->[0]_run(void)\n{\n	return http_$_->[1]_run();\n}\n") }
  (['egress', 'limit'], ['limit', 'retry'], ['retry', 'egress']);
catches('check_circles', 'circle: src/http/http_egress.c -> src/http/http_limit.c -> src/http/http_retry.c -> src/http/http_egress.c', %ring);
catches('check_circles', 'src/http/http_retry.c uses http_egress_run', %ring);
delete $ring{'src/http/http_retry.c'};
unlike +(lint(%ring))[1], qr/circle:/, 'a way that does not come back is none';
unlike +(lint('src/http/http_egress.c' => "/* http_client_open() calls */\nint\nhttp_egress_run(void)\n{\n	return 0;\n}\n",
	'src/http/http_client.c' => "void\nhttp_client_open(void)\n{\n	http_egress_run();\n}\n"))[1], qr/circle:/, 'what a comment names is not used';

my $long = "static void\nrun(void)\n{\n" . "	x();\n" x 16 . "}\n";
catches('check_comments', 'http_retry.c: run\\(\\) has 16 lines and no comment', 'src/http/http_retry.c' => $long);
catches('check_comments', 'run\\(\\) has 16 lines', 'src/http/http_retry.c' => "/* ---- the rest ---- */\n$long");
unlike +(lint('src/http/http_retry.c' => "/* Runs. */\n$long"))[1], qr/no comment/, 'a comment above a function is seen';
unlike +(lint('src/http/http_retry.c' => "/* Runs. */\nstatic void run(void);\n\n$long"))[1], qr/no comment/, 'and above its prototype';
unlike +(lint('src/http/http_retry.h' => "/* Runs. */\nextern void http_retry_run(void);\n",
	'src/http/http_retry.c' => $long =~ s/static void\nrun/void\nhttp_retry_run/r))[1], qr/no comment/, 'and in its header';

my $in_c = "SQL_FUNCTION(open_it);\n\nDatum\nfrontdesk_open_it(PG_FUNCTION_ARGS)\n{\n}\n";
my $in_sql = "CREATE OR REPLACE FUNCTION frontdesk.open_it() RETURNS void\nLANGUAGE c\nAS 'MODULE_PATHNAME', 'frontdesk_open_it';\n"
  . "COMMENT ON FUNCTION frontdesk.open_it() IS 'Opens.';\n";
catches('check_beside', 'declares frontdesk_open_it, which stands in src/http/http_retry.c',
	'src/http/http_retry.c' => $in_c, 'src/http/http_egress.sql' => $in_sql);
catches('check_beside', 'frontdesk_open_it has no declaration in SQL', 'src/http/http_retry.c' => $in_c);
catches('check_beside', 'declares frontdesk_open_it, which is in no file of C', 'src/http/http_retry.sql' => $in_sql);
for my $beside ('http_retry', 'http_cfunctions')
{
	($code, $report) = lint('src/http/http_retry.c' => $in_c, "src/http/$beside.sql" => $in_sql);
	is $code, 0, "a declaration in $beside.sql is in its place" or diag $report;
}

catches('check_public', 'http_retry_run\\(\\) is public, and no other file names it',
	'src/http/http_retry.c' => "int\nhttp_retry_run(void)\n{\n	return 0;\n}\n");
unlike +(lint('src/http/http_retry.c' => "int\nhttp_retry_run(void)\n{\n	return 0;\n}\n",
	'test/unit/http_retry_test.c' => "http_retry_run();\n"))[1], qr/is public/, 'a unit test is a user';

tells('check_lines', 'src/http: 1 lines are wider than 100 columns', 'src/http/http_retry.c' => "\t" . 'x' x 97 . "\n");
unlike +(lint('src/http/http_retry.c' => "\t" . 'x' x 96 . "\n"))[1], qr/are wider/, 'a hundred columns are not too wide';

unlike +(lint('src/http/http_retry.c' => qq(\terrmsg(") . 'x' x 97 . qq(");\n)))[1], qr/are wider/, 'a message stays on its line';

# The library's exports, with a compiler at hand only.
SKIP:
{
	skip 'no compiler', 2 if system('gcc --version >/dev/null 2>&1') != 0;
	my $directory = tempdir(CLEANUP => 1);
	my $check = dirname($lint) . '/check_exports';
	my $build = sub { system("cd '$directory' && printf '%s' '$_[0]' | gcc -shared -fPIC -x c -o pg_frontdesk.so -") == 0 or die };

	$build->('void _PG_init(void) {} int frontdesk_ask(void) { return 1; }');
	is system("cd '$directory' && '$check' >/dev/null"), 0, 'check_exports: what the server needs may be exported';
	$build->('void _PG_init(void) {} int llm_call_begin(void) { return 1; }');
	like `cd '$directory' && '$check'; echo \$?`, qr/exported without need: llm_call_begin\n1\n/, 'check_exports: nothing else may';
}

# Sizes are told, and fail nothing.
tells('check_sizes', 'run\\(\\) has 41 lines', 'src/http/http_retry.c' => "/* Runs. */\nstatic void\nrun(void)\n{\n" . "	x();\n" x 41 . "}\n");
for my $lines (60, 61)
{
	my %files = ('src/http/http_retry.sql' => "CREATE OR REPLACE FUNCTION frontdesk.ask_more() RETURNS void\nLANGUAGE plpgsql\nAS \$\$\n"
		  . "PERFORM 1;\n" x ($lines - 4) . "\$\$;\nCOMMENT ON FUNCTION frontdesk.ask_more() IS 'x';\n");
	if ($lines > 60) { tells('check_sizes', 'ask_more\\(\\) has 61 lines', %files) }
	else { unlike +(lint(%files))[1], qr/ask_more/, 'a function of 60 lines in SQL is not long' }
}

done_testing();
