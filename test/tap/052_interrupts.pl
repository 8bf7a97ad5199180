# Questions to people: an interrupt node ends the turn, the answer goes on behind
# it and runs nothing twice, the deadline and the answer exclude each other, and
# all of it survives the death of a worker.  The test owns the clock.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use Test::More;

my $desk = Frontdesk->start(gateway => 0, conf => "frontdesk.workers = 2\n");
my $fakes = $desk->fakes;

# An account whose conversations ask between two requests to the outside world.
sub account
{
	my ($name, $settings) = @_;
	my $id = $desk->sql("SELECT frontdesk.add_account('$name')");

	$desk->sql(<<"SQL");
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($id, 'conversation', 1, 'before');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, settings, error_node) VALUES
  ($id, 'conversation', 1, 'before', 'http', '{"url": "$fakes/api/v1/step/$name/before"}', NULL),
  ($id, 'conversation', 1, 'approve', 'interrupt', '$settings', 'failed'),
  ($id, 'conversation', 1, 'yes', 'http', '{"url": "$fakes/api/v1/step/$name/yes"}', NULL),
  ($id, 'conversation', 1, 'no', 'http', '{"url": "$fakes/api/v1/step/$name/no"}', NULL),
  ($id, 'conversation', 1, 'late', 'http', '{"url": "$fakes/api/v1/step/$name/late"}', NULL),
  ($id, 'conversation', 1, 'failed', 'http', '{"url": "$fakes/api/v1/step/$name/failed"}', NULL);
INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target, condition) VALUES
  ($id, 'conversation', 1, 'before', 1, 'approve', NULL),
  ($id, 'conversation', 1, 'approve', 1, 'yes', '{"approval": {"approved": true}}'),
  ($id, 'conversation', 1, 'approve', 2, 'late', '{"never": true}'),
  ($id, 'conversation', 1, 'approve', 3, 'no', NULL);
SELECT frontdesk.activate_graph('conversation', $id);
SQL
	return $id;
}

my $schema = '"schema": {"type": "object", "properties": {"approved": {"type": "boolean"}, "note": {"type": "string"}}, "required": ["approved"]}, "result": "approval"';
my $serial = 0;

sub say_to
{
	my ($account, $text, $visitor) = @_;
	$visitor //= 'v' . ++$serial;
	return { account => $account, visitor => $visitor,
		id => $desk->sql("SELECT frontdesk.receive_message($account, 'webchat', '$visitor', '$text')") };
}

sub status { return $desk->sql("SELECT status FROM frontdesk.threads WHERE id = '$_[0]{id}'") }
sub until_status
{
	my ($thread, $status, $rest) = @_;
	$desk->wait_until("SELECT status = '$status' AND slot IS NULL " . ($rest // '') . " FROM frontdesk.threads WHERE id = '$thread->{id}'", "$status");
	return;
}
sub asked
{
	my ($thread) = @_;
	until_status($thread, 'asking');
	return $desk->sql("SELECT interrupt FROM frontdesk.questions WHERE thread_id = '$thread->{id}'");
}
sub answer { return "SELECT frontdesk.answer_interrupt($_[0]{account}, '$_[1]', '$_[2]')" }
sub interrupt { return $desk->sql("SELECT $_[1] FROM frontdesk.interrupts WHERE id = '$_[0]'") }
sub steps { return join ' ', map { m{^/api/v1/step/$_[0]/(\w+)} ? $1 : () } map { $_->{path} } $desk->requests }
sub state { return $desk->sql("SELECT $_[1] FROM frontdesk.threads WHERE id = '$_[0]{id}'") }
sub fails
{
	my ($sql) = @_;
	my ($out, $err);
	$desk->node->psql('postgres', "\\set VERBOSITY verbose\n$sql", stdout => \$out, stderr => \$err);
	return $err;
}

# ---- asking and answering ----

my $shop = account('shop', qq({"question": "Refund order {order}? {content}", "payload": ["content", "nothing"], $schema}));
my $first = say_to($shop, 'my money back please');
my $question = asked($first);
is(interrupt($question, 'question'), 'Refund order ? my money back please', 'the question names members of the state');
is(interrupt($question, 'payload'), '{"content": "my money back please"}', 'its payload holds those the settings name');
is(state($first, 'status_reason'), 'asks: Refund order ? my money back please', 'the thread says what it waits for');
is($desk->sql("SELECT due_at FROM frontdesk.ready WHERE thread_id = '$first->{id}'"), 'infinity', 'without a deadline it is never due');
is($desk->sql("SELECT count(*) FROM frontdesk.mailbox WHERE thread_id = '$first->{id}'"), '0', 'the mail of the asking turn was read');
is(steps('shop'), 'before', 'only what stands before the question has run');

like(fails(answer($first, $question, '{"approved": "perhaps"}')), qr/22023.*does not fit/s, 'an answer that does not fit the schema is refused');
is(status($first), 'asking', 'and the question stays open');

# what the customer writes while we ask is read with the answer
say_to($shop, 'and hurry', $first->{visitor});
say_to($shop, 'still there?', $first->{visitor});
$desk->wait_until("SELECT status = 'asking' AND due_at = 'infinity' AND r.slot IS NULL FROM frontdesk.ready r JOIN frontdesk.threads t ON t.id = r.thread_id WHERE t.id = '$first->{id}'", 'mail to be looked at');
is($desk->sql("SELECT count(*) FROM frontdesk.mailbox WHERE thread_id = '$first->{id}'"), '2', 'messages wait in the mailbox while a question is open');
is(state($first, "state ->> 'content'"), 'my money back please', 'the state stays what was asked about');

$desk->sql(answer($first, $question, '{"approved": "true", "chatter": 1}'));
until_status($first, 'idle');
is(steps('shop'), 'before yes', 'the answer goes on at the next node; nothing before it runs again');
is(state($first, "state -> 'approval'"), '{"approved": true}', 'the answer is in the state, put in order by its schema');
is(state($first, "state ->> 'content'"), "and hurry\nstill there?", 'with what the customer wrote meanwhile');
is($desk->sql("SELECT count(*) FROM frontdesk.mailbox WHERE thread_id = '$first->{id}'"), '0', 'which is read now');
is($desk->sql("SELECT string_agg(node || '>' || coalesce(next_node, 'end'), ' ' ORDER BY seq) FROM frontdesk.checkpoints WHERE thread_id = '$first->{id}'"),
	'before>approve approve>approve approve>yes yes>end', 'asking and being answered are steps of their own');
is($desk->sql("SELECT detail ->> 'node' FROM frontdesk.audit WHERE action = 'question.answered' AND subject = '$question'"), 'approve', 'the decision is in the audit trail');
like(fails(answer($first, $question, '{"approved": false}')), qr/55000.*is answered already/s, 'a second answer loses');
is(interrupt($question, "answer ->> 'approved'"), 'true', 'and changes nothing');
like(fails(answer($first, '00000000-0000-7000-8000-000000000000', '{}')), qr/P0002/, 'no such question');

my $second = say_to($shop, 'a refund');
$desk->sql(answer($second, asked($second), '{"approved": false, "note": "too late"}'));
until_status($second, 'idle');
is(steps('shop'), 'before yes before no', 'the answer decides the edge');

# ---- the deadline ----

my $patient = account('patient', qq({"question": "Well?", "deadline": "2 hours", "on_deadline": {"answer": {"approved": true}}, $schema}));
my $rescued = account('rescued', qq({"question": "Well?", "deadline": "2 hours", "on_deadline": {"node": "late"}, $schema}));
my $strict = account('strict', qq({"question": "Well?", "deadline": "2 hours", $schema}));
my %late = map { $_ => say_to($_, 'hello') } $patient, $rescued, $strict;
my %open = map { $_ => asked($late{$_}) } keys %late;
my $prompt = say_to($strict, 'hello');
my $answered_in_time = asked($prompt);
$desk->sql(answer($prompt, $answered_in_time, '{"approved": true}'));
until_status($prompt, 'idle');

# deadlines are rows: they outlive the server
$desk->node->stop('immediate');
$desk->node->start;
is($desk->sql("SELECT count(*) FROM frontdesk.questions WHERE account_id IN ($patient, $rescued, $strict)"), '3', 'questions survive a crash');
$desk->sql("SELECT frontdesk.shift_clock('119 minutes')");
$desk->wait_until("SELECT count(*) = 3 FROM frontdesk.ready WHERE account_id IN ($patient, $rescued, $strict) AND slot IS NULL", 'deadlines to be seen');
is(status($late{$strict}), 'asking', 'a minute before the deadline the question is open');
$desk->sql("SELECT frontdesk.shift_clock('121 minutes')");
like(fails(answer($late{$strict}, $open{$strict}, '{"approved": true}')), qr/55000/, 'after the deadline an answer loses, whoever looks first');
until_status($late{$_}, 'idle') for keys %late;
is(steps('patient'), 'before yes', 'the settings know an answer');
is(interrupt($open{$patient}, "status || ' ' || (answer ->> 'approved')"), 'expired true', 'which the question keeps');
is(steps('rescued'), 'before late', 'or where to go on');
like(steps('strict'), qr/^before before yes .*failed$/, 'else the step has failed, and its error node is next');
is($desk->sql("SELECT failure ->> 'class' FROM frontdesk.checkpoints WHERE thread_id = '$late{$strict}{id}' AND failure IS NOT NULL"), 'deadline', 'as the checkpoint says');
is(interrupt($answered_in_time, 'status'), 'answered', 'what was answered in time does not expire');
is(state($prompt, 'turns'), '2', 'and is not asked again');
$desk->sql("SELECT frontdesk.shift_clock('0')");

# ---- a message may start over ----

my $fickle = account('fickle', qq({"question": "Well?", "on_message": "restart", $schema}));
my $changed = say_to($fickle, 'one bed');
my $stale = asked($changed);
say_to($fickle, 'no, two beds', $changed->{visitor});
$desk->wait_until("SELECT count(*) = 1 FROM frontdesk.questions WHERE thread_id = '$changed->{id}' AND interrupt <> '$stale'", 'to be asked anew');
is(interrupt($stale, "status || ', ' || answered_by"), 'withdrawn, a new message', 'a new message withdraws the question when the node says so');
is(steps('fickle'), 'before before', 'and a new turn begins at the entry');
like(fails(answer($changed, $stale, '{"approved": true}')), qr/55000/, 'the withdrawn one takes no answer');
my $fresh = asked($changed);
is(state($changed, "state ->> 'content'"), 'no, two beds', 'with the new message');
$desk->sql(answer($changed, $fresh, '{"approved": true}'));
until_status($changed, 'idle');
is(steps('fickle'), 'before before yes', 'and goes on when it is answered');

# ---- taking back, taking over ----

my $third = say_to($shop, 'third');
my $taken_back = asked($third);
say_to($shop, 'third again', $third->{visitor});
$desk->sql("SELECT frontdesk.withdraw_interrupt($shop, '$taken_back')");
$desk->wait_until("SELECT count(*) = 1 FROM frontdesk.questions WHERE thread_id = '$third->{id}' AND interrupt <> '$taken_back'", 'the next turn to ask');
is(state($third, "state ->> 'content'"), 'third again', 'a question taken back ends its turn; what was written meanwhile begins the next');
my $quiet = say_to($shop, 'quiet');
$desk->sql("SELECT frontdesk.withdraw_interrupt($shop, '" . asked($quiet) . "')");
until_status($quiet, 'idle');
is(state($quiet, 'turns'), '2', 'without any, the thread is idle and walks nothing');

my $human = say_to($shop, 'human');
my $moot = asked($human);
$desk->sql("SELECT frontdesk.take_over($shop, '$human->{id}')");
say_to($shop, 'are you there?', $human->{visitor});
until_status($human, 'idle');
is(interrupt($moot, 'status'), 'withdrawn', 'a person who takes over makes the question moot');

# ---- the worker dies ----

my $orphan = say_to($shop, 'orphan');
my $survivor = asked($orphan);
$desk->rules({ match => { path => '/api/v1/step/shop/yes' }, action => { delay_ms => 5000 } });
my $before = () = steps('shop') =~ /before/g;
$desk->sql(answer($orphan, $survivor, '{"approved": true}'));
$desk->wait_for('the call behind the answer', sub { steps('shop') =~ /yes$/ });
kill 'TERM', $_ for split /\n/, $desk->sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'");
$desk->rules();
until_status($orphan, 'idle');
is(scalar(() = steps('shop') =~ /before/g), $before, 'a worker that dies behind the answer leaves the answer taken: nothing before it runs again');
is(state($orphan, 'resumed_count') > 0 ? 1 : 0, 1, 'the turn was taken over');
is(interrupt($survivor, 'status'), 'answered', 'the question stays answered');

# ---- a message during the turn that the answer began ----

my $talker = say_to($shop, 'talker');
my $settled = asked($talker);
my $calls = () = steps('shop') =~ /yes/g;
$desk->rules({ match => { path => '/api/v1/step/shop/yes', times => 1 }, action => { delay_ms => 1500 } });
$desk->sql(answer($talker, $settled, '{"approved": true}'));
$desk->wait_for('the call behind the answer', sub { (() = steps('shop') =~ /yes/g) > $calls });
say_to($shop, 'one more thing', $talker->{visitor});
$desk->wait_until("SELECT count(*) = 1 FROM frontdesk.questions WHERE thread_id = '$talker->{id}' AND interrupt <> '$settled'", 'a turn of its own');
$desk->rules();
is($desk->sql("SELECT count(*) FILTER (WHERE failure ->> 'class' = 'joined') || ' ' || count(*) FILTER (WHERE node = 'yes') FROM frontdesk.checkpoints WHERE thread_id = '$talker->{id}'"), '0 1',
	'a message that comes behind the answer does not undo what was decided: it gets a turn of its own');

# ---- who may ----

my $other = $desk->sql("SELECT frontdesk.add_account('other')");
my $private = say_to($shop, 'private');
my $hidden = asked($private);
$desk->sql("CREATE ROLE ann LOGIN IN ROLE frontdesk_operator; CREATE ROLE bob LOGIN IN ROLE frontdesk_operator;
	INSERT INTO frontdesk.users (account_id, role_name, name) VALUES ($shop, 'ann', 'Ann'), ($other, 'bob', 'Bob')");
is($desk->sql("SET ROLE bob; SELECT count(*) FROM frontdesk.questions"), '0', 'a stranger sees no question');
like(fails("SET ROLE bob; " . answer($private, $hidden, '{"approved": true}')), qr/42501/, 'and answers none');
like(fails("SET ROLE bob; SELECT frontdesk.withdraw_interrupt($shop, '$hidden')"), qr/42501/, 'nor takes one back');
like(fails("SET ROLE ann; UPDATE frontdesk.interrupts SET status = 'answered'"), qr/42501/, 'nobody writes the rows by hand');
is($desk->sql("SET ROLE ann; SELECT count(*) > 0 FROM frontdesk.questions"), 't', 'an operator of the account sees it');
$desk->sql("SET ROLE ann; " . answer($private, $hidden, '{"approved": true}'));
until_status($private, 'idle');
is(interrupt($hidden, 'answered_by'), 'ann', 'answers it, and is named');

done_testing();
