# What of a conversation a model gets to see: everything masked that is to be
# masked, and no more than the limits allow.  The recorded requests tell.
#
# The facts are planted by the catalog, in every column that may hold a text, so
# that a column which is told to a model one day is held against this test, too.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use Encode ();
use JSON::PP;
use Test::More;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $desk = Frontdesk->start(conf => "frontdesk.router_confidence = 1.01\nfrontdesk.fallback_after = '1d'\nfrontdesk.workers = 1\n");

my $private = qr/\@plant\.example|31 6 7000|316 7000/;
my $payment = qr/4111[ -]?1111|4111111111111111|ABNA|0417/;
my $facts = 'ana@plant.example +31 6 70001234 4111 1111 1111 1111 NL91 ABNA 0417 1643 00';
# numbers that begin behind a quoted character, and one that is a number in JSON
my %nested = (deep => [ $facts, { 'ana@plant.example' => "x\n+31 6 70005555\t4111-1111-1111-1111" } ], card => 4111111111111111);
my $planted = $json->encode(\%nested);

# Columns that are no text of anybody, or that decide what happens.
my %fixed = map { $_ => 1 } qw(
  leads.chatwoot_contact_id leads.channel leads.qualification_status conversations.channel conversations.status conversations.handled_by
  conversations.priority messages.direction messages.author messages.channel messages.content_type messages.chatwoot_message_id
  messages.source_id messages.status);

sub literal { my ($text) = @_; $text =~ s/'/''/g; return "'$text'" }

# Puts the facts, and the column's name as a mark, into every text of an account.
sub plant
{
	my ($account) = @_;
	for my $line (split /\n/, $desk->sql(q{SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'frontdesk'::regnamespace AND c.relname IN ('leads', 'conversations', 'messages')
		AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'text[]'::regtype, 'jsonb'::regtype)}))
	{
		my ($table, $column, $type) = split /\|/, $line;
		next if $fixed{"$table.$column"};
		my $mark = "mark-$table-$column";
		my $text = literal("$mark\n$facts");
		my $value = $type eq 'jsonb' ? literal($json->encode([ { file_name => "$mark $facts", %nested } ])) : $type eq 'text[]' ? "ARRAY[$text]" : $text;
		$value = literal($json->encode({ mark => "$mark $facts", %nested })) if $type eq 'jsonb' && $column =~ /profile|attributes|context/;
		$desk->sql("UPDATE frontdesk.$table SET $column = $value WHERE account_id = $account->{id}");
	}
	return;
}

# An account whose graph asks a router, runs a tool, and lets an agent answer
# that is told what the tool has found.
sub prepare
{
	my ($name, $redact) = @_;
	my $account = $desk->account($name);
	$desk->sql(<<"SQL");
UPDATE frontdesk.accounts SET redact_for_models = $redact, settings = '{"business_name": "mark-business 4111 1111 1111 1111"}' WHERE id = $account->{id};
INSERT INTO frontdesk.knowledge (account_id, question, answer) VALUES
  ($account->{id}, 'How can I reach you?', 'mark-knowledge Write to desk\@business.example or pay to NL91 ABNA 0417 1643 00.');
INSERT INTO frontdesk.campaigns (account_id, name, status, product_description) VALUES ($account->{id}, 'Spring', 'active', 'mark-campaign 4111111111111111');
INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt, output, max_tokens, settings)
SELECT $account->{id}, name, provider, model, prompt || ' mark-prompt 4111 1111 1111 1111', output, max_tokens,
  settings || '{"grounding": "knowledge", "tell": ["found", "flat", "number", "absent", "nothing", "yes", "intent"]}' FROM frontdesk.agents WHERE account_id = 0 AND name = 'conversation';
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($account->{id}, 'conversation', 1, 'classify');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, agent, function) VALUES
  ($account->{id}, 'conversation', 1, 'classify', 'llm', 'router', NULL),
  ($account->{id}, 'conversation', 1, 'look_up', 'function', NULL, 'shop.look_up'),
  ($account->{id}, 'conversation', 1, 'answer', 'llm', 'conversation', NULL);
INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target) VALUES
  ($account->{id}, 'conversation', 1, 'classify', 1, 'look_up'), ($account->{id}, 'conversation', 1, 'look_up', 1, 'answer');
SELECT frontdesk.activate_graph('conversation', $account->{id});
SQL
	return $account;
}

sub say
{
	my ($account, $words, %option) = @_;
	my $event = $desk->message_event($account, $words, %option);
	my $answer = $desk->post_webhook($account, $event);
	is($answer->{status}, 200, 'the message is taken in') or diag($answer->{content});
	$desk->wait_for_rest($account);
	return $event->{conversation}{id};
}

sub asked { return grep { $_->{service} ne 'chatwoot' } $desk->requests }

$desk->sql(<<"SQL");
CREATE SCHEMA shop;
GRANT USAGE ON SCHEMA shop TO frontdesk_tool;
CREATE FUNCTION shop.look_up(account_id integer, thread_id uuid, state jsonb) RETURNS jsonb LANGUAGE sql AS \$\$
  SELECT jsonb_build_object('found', @{[ literal($planted) ]}::jsonb || '{"mark": "mark-tool"}', 'flat', @{[ literal("mark-flat\n$facts") ]},
    'number', 5555555555554444, 'nothing', NULL, 'yes', true, 'untold', 'mark-untold') WHERE state ->> 'content' LIKE '%again%' \$\$;
SQL

for my $case ([ 'Masked', 'true' ], [ 'Open', 'false' ])
{
	my ($name, $redact) = @$case;
	my $account = prepare($name, $redact);
	my $display = say($account, 'hello [[route=automated]]');
	is($desk->sql("SELECT count(*) FROM frontdesk.checkpoints k WHERE k.account_id = $account->{id} AND k.node = 'look_up' AND k.failure IS NOT NULL"), 0,
		"$name: a function without a row changes nothing");
	is(scalar asked(), 2, "$name: and the graph goes on");
	plant($account);
	$desk->sql("INSERT INTO frontdesk.campaign_messages (account_id, campaign_id, customer_id, message_content, status, sent_at)
		SELECT g.account_id, g.id, l.id, 'mark-sent 4111 1111 1111 1111', 'sent', frontdesk.clock() FROM frontdesk.campaigns g JOIN frontdesk.leads l USING (account_id) WHERE account_id = $account->{id};
		INSERT INTO frontdesk.stock_alerts (account_id, customer_id, product_name)
		SELECT account_id, id, 'mark-alert $facts' FROM frontdesk.leads WHERE account_id = $account->{id}");
	$desk->forget_requests;
	say($account, "and again [[route=automated]] mark-body\nana\@plant.example +31 6 70001234", conversation => $display);

	my @requests = asked();
	is(scalar @requests, 2, "$name: the router and the agent were asked");
	my $all = join "\n", map { $json->encode($_->{body}) } @requests;
	ok(index($all, $_) >= 0, "$name: $_ was told")
	  for qw(mark-body mark-conversations-subject mark-messages-content mark-tool mark-flat mark-knowledge mark-campaign mark-sent mark-alert mark-leads-profile mark-leads-tags mark-business mark-prompt);
	unlike($all, qr/mark-leads-name/, "$name: a name that holds addresses and numbers is none");
	# what was told of ours and of theirs
	my @turns = map { @{ $_->{body}{messages} } } @requests;
	like($json->encode([ grep { $_->{role} eq 'assistant' } @turns ]), qr/mark-messages-content/, "$name: with our own turns");
	unlike($all, $payment, "$name: no number of a card or an account was");
	unlike($all, qr/5555555555554444|5555 5555/, "$name: nor one that is a number in JSON");
	unlike($all, qr/mark-untold/, "$name: nor a member that nobody named");
	my ($known) = map { $json->decode($_)->{known} // () } map { ref $_->{content} ? map { $_->{text} } @{ $_->{content} } : $_->{content} } grep { $_->{role} eq 'user' } @turns;
	is_deeply([ sort keys %$known ], [qw(flat found intent number yes)], "$name: the agent knows what its settings name");
	is($known->{found}{card}, '[card]', "$name: masked as everything");
	ok(JSON::PP::is_bool($known->{yes}) && $known->{yes}, "$name: in its type");
	like($all, qr/desk\@business\.example/, "$name: what the business publishes stays");
	if ($redact eq 'true')
	{
		unlike($all, $private, "$name: no address and no phone number of anybody was told");
		like($all, qr/mark-flat\\+n\[email\] \[phone\] \[card\] \[iban\]/, "$name: but that there was one");
	}
	else
	{
		like($all, $private, "$name: addresses and phone numbers were told");
	}
	$desk->forget_requests;
}

# ---- numbers of cards and accounts that a customer sends ----

# In this graph the agent is asked, whatever the router says.
my $paying = prepare('Paying', 'false');

# What a new visitor's talk came to: what was decided on the way, who was asked
# about the last message, and with what words.
sub pay
{
	my (@said) = @_;
	my $display;
	for my $words (@said)
	{
		$desk->forget_requests;
		$display = say($paying, $words, $display ? (conversation => $display) : ());
	}
	my $decided = $desk->sql("SELECT string_agg(k.patch ->> 'intent', ' ' ORDER BY k.seq) FROM frontdesk.checkpoints k JOIN frontdesk.conversations c
		ON c.account_id = k.account_id AND c.id = k.thread_id WHERE c.account_id = $paying->{id} AND c.display_id = $display AND k.node = 'classify'");
	my @asked = asked();
	return ($decided, scalar @asked, join "\n", map { $json->encode($_->{body}) } @asked);
}

for my $whole ('my card is 4111 1111 1111 1111', "4111\n1111\n1111\n1111", 'pay back to NL91 ABNA 0417 1643 00 please', '4111111111111111, 12/29, 737')
{
	my ($decided, $count, $asked) = pay($whole);
	my $name = $whole =~ s/\n/ /gr;
	is($decided, 'payment_data', "for a person: $name");
	is($count, 1, '... and the router was not asked');
	unlike($asked, $payment, '... and the agent saw no number');
}
for my $pieces ([ 'my card: 4111 1111', 'and then 1111 1111' ], [ '41111111', '1111', '1111' ], [ '4111 1111', '1111', "the rest\n1111", 'is that enough?' ])
{
	my ($decided, $count, $asked) = pay(@$pieces);
	my $name = join(' / ', @$pieces) =~ s/\n/ /gr;
	like($decided, qr/payment_data/, "for a person, in pieces: $name");
	unlike($asked, qr/1111/, '... and the agent saw no piece');
}
for my $harmless ([ 'my order is 4111 1111', 'call me at 0612345678' ], [ 'order 55120', 'and 77120', 'house 14' ])
{
	my ($decided, $count, $asked) = pay(@$harmless);
	unlike($decided, qr/payment/, 'no card: ' . join ' / ', @$harmless);
	like($asked, qr/$harmless->[0]/, '... and told as it was');
}
$desk->forget_requests;

# ---- as much as the limits allow ----

my $account = $desk->account('Wordy');
my $display = 4000;
$desk->sql("UPDATE frontdesk.accounts SET redact_for_models = true WHERE id = $account->{id}");
my $long = sub { my ($n) = @_; return "begin-$n " . ("\x{1F600}\x{00e9}1-" x 18000) . " end-$n [[route=automated]]" };
# a person has it meanwhile, so that one turn reads them all
say($account, 'hello [[route=automated]]', conversation => $display, name => join(' ', ('x' x 59) x 16_000));
is($desk->sql("SELECT length(name) FROM frontdesk.leads WHERE account_id = $account->{id}"), 255, 'a name of a million characters is not stored whole');
$desk->sql("SELECT frontdesk.take_over($account->{id}, id) FROM frontdesk.conversations WHERE account_id = $account->{id}");
say($account, $long->($_), conversation => $display) for 1 .. 11;
$desk->sql("SELECT frontdesk.give_back($account->{id}, id) FROM frontdesk.conversations WHERE account_id = $account->{id}");
$desk->forget_requests;
say($account, $long->(12), conversation => $display);
for my $request (asked())
{
	my $turns = $request->{body}{messages};
	my @texts = map { ref $_->{content} ? map { $_->{text} } @{ $_->{content} } : $_->{content} } grep { $_->{role} eq 'user' } @$turns;
	my @said = map { $json->decode(Encode::encode_utf8($_)) } @texts;

	cmp_ok(length $json->encode($request->{body}), '<', 140_000, "$request->{service}: twelve long messages are a request of a size");
	cmp_ok(scalar @said, '>=', 12, 'in which all are') or diag(explain([ map { length } @texts ]));
	is_deeply([ grep { $_->{body} =~ /^begin-/ && $_->{body} !~ /^begin-(\d+) .*left out.* end-\1 \[\[/s } @said ], [], 'with their beginning and end');
	like($said[-1]{body}, qr/^begin-12 .*\n\[\.\.\. \d+ bytes left out \.\.\.\]\n.* end-12 /s, 'and how much there is between them');
	my ($left_out) = $said[-1]{body} =~ /(\d+) bytes left out/;
	my $kept = length(Encode::encode_utf8($long->(12))) - $left_out;
	is($kept, length Encode::encode_utf8(join '', split /\n\[\.\.\. \d+ bytes left out \.\.\.\]\n/, $said[-1]{body}), 'which is true');
	cmp_ok(abs($kept - 8192), '<', 10, 'as much as the setting says');
	unlike($said[-1]{body}, qr/\x{FFFD}/, 'no character is cut in two');
	is(length $said[-1]{name}, 200, 'a name has 200 characters');
}

# a number that the cut goes through is masked as a whole, on either side
$desk->forget_requests;
say($account, 'x' x 4085 . ' 4111 1111 1111 1111 ' . 'y' x 20_000 . ' 5555 5555 5555 4444 ' . 'z' x 4085, conversation => $display);
for my $request (asked())
{
	my ($body) = map { $_->{body} } grep { $_->{body} =~ /^xxx/ } map { $json->decode(Encode::encode_utf8($_)) }
	  map { ref $_->{content} ? map { $_->{text} } @{ $_->{content} } : $_->{content} } grep { $_->{role} eq 'user' } @{ $request->{body}{messages} };
	like($body, qr/^x+ \[card\]\n\[\.\.\. 200\d\d bytes left out \.\.\.\]\n(?:\[card\])? z+$/, "$request->{service}: no piece of a number is left beside a cut");
}

# the oldest go first, the newest and the instructions never
$desk->sql("ALTER SYSTEM SET frontdesk.prompt_limit = '40kB'; ");
$desk->sql('SELECT pg_reload_conf()');
$desk->wait_until("SELECT setting = '40' FROM pg_settings WHERE name = 'frontdesk.prompt_limit'", 'the limit');
$desk->forget_requests;
say($account, $long->(13), conversation => $display);
for my $request (asked())
{
	my $all = $json->encode($request->{body});
	cmp_ok(length $all, '<', 50_000, "$request->{service}: a smaller limit is kept");
	like($all, qr/begin-13/, 'the newest message is there');
	like($all, qr/begin-12/, 'and the one before');
	unlike($all, qr/begin-1 /, 'the oldest is not');
	like($all, qr/written by a stranger/, 'the instructions are');
}
$desk->sql("ALTER SYSTEM SET frontdesk.prompt_limit = '16kB'; ");
$desk->sql("ALTER SYSTEM SET frontdesk.prompt_message_limit = '32kB'; ");
$desk->sql('SELECT pg_reload_conf()');
$desk->wait_until("SELECT setting = '32' FROM pg_settings WHERE name = 'frontdesk.prompt_message_limit'", 'the limit');
$desk->forget_requests;
say($account, $long->(14), conversation => $display);
my @last = asked();
is(scalar(grep { $json->encode($_->{body}) =~ /begin-14.*end-14/ && $json->encode($_->{body}) !~ /begin-13/ } @last), scalar @last, 'the newest is sent, whatever the limit');

# ---- few knowledge rows are all told, of many those that fit ----

my $learned = $desk->account('Learned');

# Which rows a model is told when a customer asks this, by their answers, in order.
sub told
{
	my ($question) = @_;
	$desk->forget_requests;
	say($learned, "$question [[route=automated]]");
	my ($grounded) = map { $_->{body}{system} } grep { $_->{service} eq 'anthropic' } asked();
	$grounded = $json->encode($grounded);
	return [ $grounded =~ /\\nA: (row \d+|mark-\w+)/g ];
}

$desk->sql("INSERT INTO frontdesk.knowledge (account_id, id, question, answer)
	SELECT $learned->{id}, lpad(i::text, 32, '0')::uuid, 'What about thing ' || md5(i::text), 'row ' || i FROM generate_series(1, 50) AS i;
	INSERT INTO frontdesk.knowledge (account_id, id, question, answer) VALUES ($learned->{id}, lpad('51', 32, '0')::uuid, 'May I bring my dog along?', 'mark-dog')");
my $all = told('may i bring my dog along');
is_deeply($all, [ (map { "row $_" } 1 .. 50), 'mark-dog' ], 'few rows are all told, in their order');
is_deeply(told('what is your best price?'), $all, '… whatever is asked, so that a provider keeps them');
$desk->sql("INSERT INTO frontdesk.knowledge (account_id, id, language, question, answer) VALUES ($learned->{id}, lpad('52', 32, '0')::uuid, 'nl', 'Is er een lift?', 'mark-lift')");
is_deeply(told('may i bring my dog along'), [ @$all, 'mark-lift' ], '… in whatever language');
$desk->sql("DELETE FROM frontdesk.knowledge WHERE account_id = $learned->{id} AND language = 'nl'");
$desk->sql("INSERT INTO frontdesk.knowledge (account_id, id, language, question, answer)
	SELECT $learned->{id}, lpad(i::text, 32, '0')::uuid, 'de', 'Was ist mit ' || md5(i::text), 'row ' || i || repeat(' und so weiter', 10) FROM generate_series(101, 200) AS i");
is_deeply(told('may i bring my dog along'), $all, 'all of the language, when all of all are too many');
$desk->sql("INSERT INTO frontdesk.knowledge (account_id, id, question, answer)
	SELECT $learned->{id}, lpad(i::text, 32, '0')::uuid, 'What about thing ' || md5(i::text), 'row ' || i || repeat(' and so on', 20) FROM generate_series(201, 2300) AS i;
	INSERT INTO frontdesk.knowledge (account_id, id, question, answer) VALUES ($learned->{id}, lpad('9999', 32, '0')::uuid, 'Where can I leave my umbrella?', 'mark-umbrella')");
is(told('may i bring my dog along')->[0], 'mark-dog', 'of many rows the best comes first');
my $some = told('where to leave an umbrella');
is($some->[0], 'mark-umbrella', '… the newest of thousands as well');
cmp_ok(scalar @$some, '<=', 40, 'and not all are told');

# ---- which members an agent is told ----

for my $tell ('"found"', '[1]', '[""]', '{"a": "b"}', '[["a"]]')
{
	my (undef, $out, $err) = $desk->node->psql('postgres', "UPDATE frontdesk.agents SET settings = '{\"tell\": $tell}' WHERE account_id = 0 AND name = 'crm'");
	like($err // $out, qr/agents_tell_check/, "tell: $tell is no list of names");
}
is($desk->sql("SELECT count(*) FROM frontdesk.dead_letters"), 0, 'there are no dead letters');
done_testing();
