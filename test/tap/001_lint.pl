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
	'src/pg_frontdesk.c' => qq(#include "llm/llm_call.h"\n),
	'src/base/base_errors.h' => "#define ERRCODE_FRONTDESK_X FRONTDESK_CODE('0', '0', '1')\n",
	'src/base/base_settings.c' => qq(	{"frontdesk.workers", SETTING_INT},\n),
	'src/base/base_tables.sql' => "CREATE TABLE frontdesk.things (\n  id integer NOT NULL,\n  CONSTRAINT things_pkey PRIMARY KEY (id)\n);\n"
	  . "CREATE INDEX things_idx ON frontdesk.things (id);\nCOMMENT ON TABLE frontdesk.things IS 'Read by frontdesk.ask().';\n",
	'src/http/http_client.c' => qq(#include "base/base_clock.h"\n\nstatic char **\nfind_one(int one)\n{\n	return 0;\n}\n\nvoid\nhttp_client_open(void)\n{\n}\n),
	'src/llm/llm_call.sql' => "CREATE OR REPLACE FUNCTION frontdesk.ask() RETURNS void\nLANGUAGE sql\nAS \$\$ SELECT FROM frontdesk.things \$\$;\n"
	  . "COMMENT ON FUNCTION frontdesk.ask() IS 'Asks.';\n",
	'src/gateway/gateway_config.c' => qq(#include "gateway_config.h"\n#include <libpq-fe.h>\n	{"port", KIND_COUNT},\n),
	'docs/reference/settings.md' => "| `frontdesk.workers` | 1 |\n\n| `port` | 8080 |\n",
	'docs/reference/errors.md' => "| `FD001` | x |\n");

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

catches('check_dynamic_sql', 'src/http/http_retry.c ask: runs text as SQL',
	'src/http/http_retry.c' => "static void\nask(const char *query)\n{\n	SPI_execute(query, false, 0);\n}\n");
catches('check_dynamic_sql', 'src/http/http_retry.sql run_it: runs text as SQL',
	'src/http/http_retry.sql' => "CREATE OR REPLACE FUNCTION frontdesk.run_it(query text) RETURNS void\nLANGUAGE plpgsql\nAS \$\$ BEGIN EXECUTE query; END \$\$;\nCOMMENT ON FUNCTION frontdesk.run_it(text) IS 'x';\n");
catches('check_dynamic_sql', 'src/http/http_retry.sql look_up: runs text as SQL, or looks a name up',
	'src/http/http_retry.sql' => "CREATE OR REPLACE FUNCTION frontdesk.look_up(name text) RETURNS regclass\nLANGUAGE sql\nAS \$\$ SELECT name::regclass \$\$;\nCOMMENT ON FUNCTION frontdesk.look_up(text) IS 'x';\n");

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
($code, $report) = lint('src/http/http_retry.c' => "static void\nrun(void)\n{\n" . "	x();\n" x 41 . "}\n");
is $code, 0, 'a long function fails nothing';
like $report, qr/run\(\) has 41 lines/, 'and is told of';

done_testing();
