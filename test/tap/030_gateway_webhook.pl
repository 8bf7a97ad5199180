# Bad input, through the gateway into the database: every kind of it has a clear
# status and body, a row in the audit trail where it matters, loses nothing, and
# nobody falls over.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Digest::SHA qw(sha256_hex);
use Frontdesk;
use JSON::PP;
use RawHttp;
use Test::More;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $desk = Frontdesk->start(
	conf => "log_statement = none\n",
	gateway_env => { RATE_LIMIT => 0, RECEIVE_TIMEOUT => '1500ms' });
my $account = $desk->account('Clinic', models => 0);
my $stranger = $desk->account('Stranger', models => 0);
my @programs = ($desk->{gateway_pid}, programs_of_server());

# The server's own processes that must outlive whatever is sent.
sub programs_of_server
{
	$desk->wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'");
	return $desk->sql(q{SELECT string_agg(pid || ' ' || backend_type, ',' ORDER BY pid)
		FROM pg_stat_activity WHERE backend_type ~ 'frontdesk|checkpointer'});
}

sub call
{
	my ($method, $path, $body, %headers) = @_;
	my $answer = $desk->{http}->request($method, $desk->gateway . $path,
		{ defined $body ? (content => $body) : (), headers => { 'content-type' => 'application/json', %headers } });
	$answer->{json} = eval { $json->decode($answer->{content}) };
	return $answer;
}

# What the gateway counts under a name.
sub metric
{
	my ($name) = @_;
	my ($value) = call('GET', '/metrics')->{content} =~ /^frontdesk_gateway_\Q$name\E (\d+)$/m;
	return $value // 'missing';
}

sub came_in { return $desk->sql("SELECT count(*) FROM frontdesk.messages WHERE direction = 'incoming'") }

# How often an action and its reason are in the audit trail: rows, and what is
# counted because a row of the kind is younger than a minute.
sub audited
{
	my ($action, $reason, $of) = @_;
	return $desk->sql(sprintf q{SELECT sum(n) FROM (
		SELECT 1 + coalesce((detail ->> 'repeats')::bigint, 0) FROM frontdesk.audit
		WHERE account_id = %1$d AND action = '%2$s' AND detail ->> 'reason' = $q$%3$s$q$ UNION ALL
		SELECT repeats FROM frontdesk.audit_repeats WHERE account_id = %1$d AND action = '%2$s' AND reason = $q$%3$s$q$ UNION ALL
		SELECT 0) AS seen (n)}, $of // $account->{id}, $action, $reason);
}

# A message event as JSON with one value written as given.
sub body_with
{
	my ($path, $written, %option) = @_;
	my $event = $desk->message_event($account, 'one of many', %option);
	my @names = split /\./, $path;
	my $last = pop @names;
	my $at = $event;

	$at = $at->{$_} for @names;
	$at->{$last} = '@value@';
	delete $at->{$last} unless defined $written;
	my $body = $json->encode($event);
	$body =~ s/"\@value\@"/$written/ if defined $written;
	return $body;
}

sub stored_content
{
	my ($answer) = @_;
	return $desk->sql("SELECT content FROM frontdesk.messages WHERE id = '$answer->{json}{message_id}'");
}

subtest 'no JSON, no UTF-8: SQL never sees it' => sub {
	my $audit_rows = 'SELECT count(*) FROM frontdesk.audit';
	my ($messages, $audit) = (came_in(), $desk->sql($audit_rows));
	my ($no_json, $no_utf8) = (metric('rejected_json_total'), metric('rejected_utf8_total'));
	my @bad = (
		[ 'an empty body', '', 400, 'PGRST102' ],
		[ 'words', 'hello', 400, 'PGRST102' ],
		[ 'half an object', '{"event":"message_cre', 400, 'PGRST102' ],
		[ 'two texts', '{}{}', 400, 'PGRST102' ],
		[ 'a comma too many', '{"event":"x",}', 400, 'PGRST102' ],
		[ 'a raw control character', "{\"event\":\"a\nb\"}", 400, 'PGRST102' ],
		[ 'NaN', '{"id":NaN}', 400, 'PGRST102' ],
		[ 'a raw NUL', "{\"event\":\"a\0b\"}", 400, 'PGRST102' ],
		[ 'nesting of 10,000', '{"event":' . '[' x 10_000 . ']' x 10_000 . '}', 400, 'FDGW003' ],
		[ 'nesting of 10,000 objects', '{"a":' x 10_000 . '1' . '}' x 10_000, 400, 'FDGW003' ],
		[ 'a stray byte', "{\"event\":\"\xff\"}", 400, 'FDGW002' ],
		[ 'Latin 1', "{\"event\":\"caf\xe9\"}", 400, 'FDGW002' ],
		[ 'an overlong slash', "{\"event\":\"\xc0\xaf\"}", 400, 'FDGW002' ],
		[ 'a surrogate in UTF-8', "{\"event\":\"\xed\xa0\x80\"}", 400, 'FDGW002' ],
		[ 'half a character', "{\"event\":\"\xe2\x82", 400, 'FDGW002' ],
	);
	for my $bad (@bad)
	{
		my ($name, $body, $status, $code) = @$bad;
		my $answer = $desk->post_webhook($account, $body);
		is("$answer->{status} $answer->{json}{code}", "$status $code", $name);
		ok(length $answer->{json}{message}, '… and says so in words');
	}
	is(came_in() . ' ' . $desk->sql($audit_rows), "$messages $audit", 'nothing of it reached the tables');
	is(metric('rejected_json_total') - $no_json, 10, 'counted as no JSON');
	is(metric('rejected_utf8_total') - $no_utf8, 5, 'counted as no UTF-8');
	my @lines = grep { /refused a body of/ } split /\n/, $desk->log_of($desk->{gateway_pid});
	is(scalar @lines, scalar @bad, 'and logged, a line each');
	unlike("@lines", qr/message_cre|caf/, 'without a word of the body');
};

subtest 'sizes' => sub {
	my $refused = metric('rejected_size_total');
	my $answer = $desk->post_webhook($account, body_with('content', '"' . 'x' x 11_000_000 . '"'));
	is("$answer->{status} $answer->{json}{code}", '413 FDGW004', 'more than body_limit');
	is(metric('rejected_size_total') - $refused, 1, 'is counted');
	my $head = raw_request('POST', '/rpc/chatwoot_webhook', [ 'Content-Length', 20_000_000, 'Expect', '100-continue' ], '');
	like(raw_read(connect_and_send($head), qr/FDGW004/), qr{^HTTP/1\.1 413 }, 'a sender that asks first is told before it sends');

	$answer = $desk->post_webhook($account, body_with('content', '"' . 'x' x 5_000_000 . '"'));
	is("$answer->{status} $answer->{json}{status}", '200 stored', '5 MB of content are stored');
	is($desk->sql("SELECT length(content) || ' of ' || (content_attributes ->> 'truncated') FROM frontdesk.messages WHERE id = '$answer->{json}{message_id}'"),
		'150000 of 5000000', 'as far as a message goes, and the row tells how much there was');
	$answer = $desk->post_webhook($account, body_with('sender.name', '"' . 'n' x 1_000_000 . '"'));
	is($answer->{json}{status}, 'stored', 'a name of 1 MB');
	# a provider's id that no index could hold
	my $long = join '', map { sha256_hex($_) } 1 .. 200;
	my $twice = body_with('source_id', "\"$long\"", conversation => 990);
	$answer = $desk->post_webhook($account, $twice);
	is("$answer->{status} $answer->{json}{status}", '200 stored', 'an id of 12 kB at the provider');
	$twice =~ s/"id":\d+,"inbox"/"id":77777,"inbox"/ or die;
	is($desk->post_webhook($account, $twice)->{json}{status}, 'duplicate', 'still tells a message that was told twice');
};

sub connect_and_send
{
	my ($bytes) = @_;
	my $socket = raw_connect($desk->{gateway_port});
	syswrite $socket, $bytes;
	return $socket;
}

subtest 'odd, but JSON' => sub {
	my $answer = $desk->post_webhook($account, body_with('content', '"a\u0000b\ud800c\udc00d \ud83d\ude00"'));
	is("$answer->{status} $answer->{json}{status}", '200 stored', '\u0000 and lone surrogates');
	is(stored_content($answer), "a\x{fffd}b\x{fffd}c\x{fffd}d \x{1f600}" =~ s/([^\0-\x7f]+)/my $c = $1; utf8::encode($c); $c/egr,
		'become replacement characters, and a pair a character');
	$answer = $desk->post_webhook($account, body_with('content_attributes', '{"a\u0000":"\udfff","n":1e999999}'));
	is("$answer->{status} $answer->{json}{status}", '200 stored', 'the same in attributes, and a number beyond numeric');

	my $body = body_with('content', '"first","content":"second","private":true,"private":false');
	$answer = $desk->post_webhook($account, $body);
	is("$answer->{status} $answer->{json}{status}", '200 stored', 'duplicate keys');
	is(stored_content($answer), 'second', 'the last one counts');
	is($desk->sql("SELECT private FROM frontdesk.messages WHERE id = '$answer->{json}{message_id}'"), 'f', 'also where it decides');

	$answer = $desk->post_webhook($account, "\r\n\t " . body_with('content', '"white"') . " \n");
	is($answer->{json}{status}, 'stored', 'white space around');
	$body = body_with('content', '"\u0065scape"');
	$body =~ s/"event"/"\\u0065vent"/;
	is($desk->post_webhook($account, $body)->{json}{status}, 'stored', 'a key with an escape');
	$answer = $desk->post_webhook($account, '{"event":"moon_rose","id":{}}');
	is("$answer->{status} $answer->{json}{status}", '200 ignored', 'an unknown event is nobody\'s fault');
	ok(length $answer->{json}{reason}, '… and the answer tells why');
};

subtest 'bodies that make no sense' => sub {
	my @bad = (
		[ 'an array', '[1]', 'the body is no object' ],
		[ 'null', 'null', 'the body is no object' ],
		[ 'a number', '7', 'the body is no object' ],
		[ 'an empty object', '{}', 'event is missing or no string' ],
		[ 'an event of another type', '{"event":["message_created"]}', 'event is missing or no string' ],
		[ 'deeper than a webhook is', '{"event":"message_created","a":' . '[' x 500 . ']' x 500 . '}', 'the body is malformed or nested too deeply' ],
	);
	my %reasons = (
		id => 'id is missing or no positive number',
		message_type => 'message_type is missing or no string',
		conversation => 'conversation is missing or no object',
		'conversation.id' => 'conversation.id is missing or no positive number',
		'account.id' => 'account.id is missing or no number',
	);
	for my $path (sort keys %reasons)
	{
		push @bad, [ "no $path", body_with($path, undef), $reasons{$path} ];
		push @bad, [ "$path is $_", body_with($path, $_), $reasons{$path} ]
		  for $path eq 'message_type' ? qw(1 null true [] {}) : qw("x" null true []), $path eq 'conversation' ? 7 : '{}';
	}
	push @bad, [ "id is $_", body_with('id', $_), $reasons{id} ] for qw(-1 0 1.5 9223372036854775808 1e400);
	push @bad, [ "conversation.id is $_", body_with('conversation.id', $_), $reasons{'conversation.id'} ] for qw(-1 0 9223372036854775808);
	push @bad, [ "content is $_", body_with('content', $_), 'content is no string' ] for qw(7 true [] {});
	push @bad, [ "private is $_", body_with('private', $_), 'private is no boolean' ] for qw(0 "false" [] {});
	push @bad, [ 'an account of somebody else', body_with('account.id', 99), 'account.id is not the account of this registration' ];

	my $messages = came_in();
	my %expected;
	for my $bad (@bad)
	{
		my ($name, $body, $reason) = @$bad;
		my $answer = $desk->post_webhook($account, $body);
		is("$answer->{status} $answer->{json}{status}: $answer->{json}{reason}", "422 unusable: $reason", $name);
		$expected{$reason}++;
	}
	is(came_in(), $messages, 'none became a message');
	is(audited('webhook.unusable', $_), $expected{$_}, "audited, $expected{$_} times: $_") for sort keys %expected;
	is($desk->sql(q{SELECT count(*) FROM frontdesk.audit WHERE action = 'webhook.unusable'
		AND NOT (length(coalesce(detail ->> 'body', '')) <= 500 AND (detail ->> 'bytes')::int > 0)}), 0, 'each with the beginning of its body');
	is($desk->sql(q{SELECT count(*) > 5 FROM frontdesk.audit WHERE action = 'webhook.unusable' AND detail ? 'body'}), 't', 'where it could be read');
};

# Every path into a structure.
sub paths
{
	my ($value, @path) = @_;
	return map { paths($value->{$_}, @path, $_) } sort keys %$value if ref $value eq 'HASH' && %$value && @path < 5;
	return join '.', @path;
}

subtest 'any field of any type' => sub {
	my @values = (qw(null true -1 1e400 "" "text" [] {}), '[null,[[]],{"id":"x"}]', '{"id":[],"type":{},"a":"\u0000"}', '"' . 'long ' x 1000 . '"');
	my @paths = paths($desk->message_event($account, 'x'));
	my ($sent, $stored, @bad) = (0, 0);
	my $before = came_in();

	cmp_ok(scalar @paths, '>', 60, 'there are fields enough');
	for my $path (@paths, 'sender', 'conversation.meta', 'conversation.meta.sender', 'conversation.contact_inbox', 'account', 'inbox')
	{
		for my $value (@values)
		{
			# a conversation each, lest one field spoil the next
			my $body = body_with($path, $value, message_type => 'incoming');
			my $answer = $desk->post_webhook($account, $body);
			$sent++;
			$stored++ if $answer->{json} && $answer->{json}{message_id};
			push @bad, "$path = $value: $answer->{status} $answer->{content}"
			  unless $answer->{status} =~ /^(200|422)$/ && $answer->{json}{status} =~ /^(stored|duplicate|ignored|unusable)$/;
		}
	}
	is_deeply(\@bad, [], "$sent requests are stored, ignored or unusable, and nothing else");
	cmp_ok($stored, '>', $sent * 0.7, 'most of them are stored');
	is(came_in() - $before, $stored,
		'what was said to be stored, is');
};

subtest 'conversations and contacts of any type' => sub {
	my $message = $desk->message_event($account, 'x');
	my @bad;

	for my $event (
		{ %{ $message->{conversation} }, event => 'conversation_updated', account => $message->{account}, changed_attributes => [ { labels => {} } ] },
		{ %{ $message->{sender} }, event => 'contact_updated', changed_attributes => [ { email => { previous_value => 1 } } ] })
	{
		for my $path (paths($event), 'meta', 'contact_inbox', 'custom_attributes')
		{
			for my $value (qw(null true -1 1e400 "text" [] {}), '["a",1,null,{"b":[]},"\u0000"]', '{"id":[],"\ud800":1e999999}')
			{
				my $copy = $json->decode($json->encode($event));
				my @names = split /\./, $path;
				my $last = pop @names;
				my $at = $copy;
				$at = $at->{$_} for @names;
				$at->{$last} = '@value@';
				my $body = $json->encode($copy);
				$body =~ s/"\@value\@"/$value/;
				my $answer = $desk->post_webhook($account, $body);
				push @bad, "$event->{event} $path = $value: $answer->{status} $answer->{content}"
				  unless $answer->{status} =~ /^(200|422)$/;
			}
		}
	}
	is_deeply(\@bad, [], 'are stored, ignored or unusable');
};

subtest 'who may come in' => sub {
	my $event = $desk->message_event($account, 'let me in');
	my $messages = came_in();
	my $unsigned = $desk->account('Unsigned', models => 0, signed => 0);
	my $revoked = $desk->account('Revoked', models => 0);
	my $inactive = $desk->account('Inactive', models => 0);
	my %wrong = (
		'no credentials' => [ $account, 'credentials missing', 0, login => undef ],
		'an unknown registration' => [ $account, 'credentials wrong', 0, login => 'nobody' ],
		'an empty login' => [ $account, 'credentials wrong', 0, login => '' ],
		'a login of 300 letters' => [ $account, 'credentials wrong', 0, login => 'x' x 300 ],
		'a wrong password' => [ $account, 'credentials wrong', $account->{id}, password => 'wrong' ],
		'an empty password' => [ $account, 'credentials wrong', $account->{id}, password => '' ],
		'the password of another' => [ $account, 'credentials wrong', $account->{id}, password => $stranger->{password} ],
		'no signature' => [ $account, 'signature missing', $account->{id}, signature => undef ],
		'no timestamp' => [ $account, 'signature missing', $account->{id}, timestamp => undef ],
		'a signature of another kind' => [ $account, 'signature malformed', $account->{id}, signature => 'sha1=' . 'a' x 40 ],
		'a short signature' => [ $account, 'signature malformed', $account->{id}, signature => 'sha256=' . 'a' x 63 ],
		'a long signature' => [ $account, 'signature malformed', $account->{id}, signature => 'sha256=' . 'a' x 65 ],
		'capital digits' => [ $account, 'signature malformed', $account->{id}, signature => 'sha256=' . 'A' x 64 ],
		'no digits' => [ $account, 'signature malformed', $account->{id}, signature => 'sha256=' . 'g' x 64 ],
		'a wrong signature' => [ $account, 'signature wrong', $account->{id}, signature => 'sha256=' . 'a' x 64 ],
		'the secret of another' => [ $account, 'signature wrong', $account->{id}, secret => $stranger->{secret} ],
		'a stale time' => [ $account, 'signature stale', $account->{id}, timestamp => time - 330 ],
		'a time to come' => [ $account, 'signature stale', $account->{id}, timestamp => time + 330 ],
		'a time in words' => [ $account, 'signature malformed', $account->{id}, timestamp => 'now' ],
		'a negative time' => [ $account, 'signature malformed', $account->{id}, timestamp => '-1' ],
		'a time too long' => [ $account, 'signature malformed', $account->{id}, timestamp => '1' x 13 ],
		'two times' => [ $account, 'signature malformed', $account->{id}, timestamp => time . ', ' . time ],
		'a revoked registration' => [ $revoked, 'registration inactive', $revoked->{id} ],
		'an inactive account' => [ $inactive, 'registration inactive', $inactive->{id} ],
	);

	is($desk->post_webhook($_, $desk->message_event($_, 'hello'))->{status}, 200, "$_->{name} may come in at first") for $revoked, $inactive;
	$messages += 2;
	$desk->sql("SELECT frontdesk.revoke_registration('$revoked->{login}');
		UPDATE frontdesk.accounts SET active = false WHERE id = $inactive->{id}");
	for my $name (sort keys %wrong)
	{
		my ($who, $reason, $of, %option) = @{ $wrong{$name} };
		my $before = audited('webhook.refused', $reason, $of);
		my $answer = $desk->post_webhook($who, $event, %option);
		is("$answer->{status} $answer->{json}{status}: $answer->{json}{reason}", "401 refused: $reason", $name);
		is(audited('webhook.refused', $reason, $of) - $before, 1, '… is audited or counted, once');
	}
	for my $authorization ('Basic', 'Basic !!!!', 'Basic ' . 'A' x 5000, 'Bearer a.b.c', 'Digest x', "Basic \tZm9v")
	{
		my $answer = call('POST', '/rpc/chatwoot_webhook', $json->encode($event), authorization => $authorization);
		is("$answer->{status} $answer->{json}{reason}", '401 credentials wrong', 'Authorization: ' . substr $authorization, 0, 20);
	}
	is(came_in(), $messages, 'no message came in');
	is($desk->post_webhook($account, $event, timestamp => time - 270)->{json}{status}, 'stored', 'the right sender still may, within the window');
	is($desk->post_webhook($unsigned, $desk->message_event($unsigned, 'plain'), secret => undef, timestamp => undef)->{json}{status},
		'stored', 'a registration that does not sign is held to its credentials alone');
	is($desk->post_webhook($unsigned, $event, password => 'wrong')->{status}, 401, 'but to those');
	is($desk->post_webhook($account, $event)->{json}{status}, 'duplicate', 'a repeated request is no second message');
};

subtest 'functions and methods' => sub {
	my @asked = (
		[ POST => '/rpc/nope', '{}', 404, 'PGRST202' ],
		[ POST => '/rpc/', '{}', 404, 'PGRST202' ],
		[ POST => '/rpc/chatwoot_webhook/', '{}', 404, 'PGRST202' ],
		[ POST => '/rpc/frontdesk.chatwoot_webhook', '{}', 404, 'PGRST202' ],
		[ POST => '/rpc/CHATWOOT_WEBHOOK', '{}', 404, 'PGRST202' ],
		[ POST => '/rpc/classify', '{"words":"x"}', 404, 'PGRST202' ],
		[ POST => '/rpc/classify', '{"content":"x","extra":1}', 404, 'PGRST202' ],
		[ POST => '/rpc/classify', '{}', 404, 'PGRST202' ],
		[ POST => '/rpc/classify', '[1]', 400, 'PGRST102' ],
		[ POST => '/rpc/classify', '{"content":"x"}', 401, '42501' ],
		[ GET => '/rpc/chatwoot_webhook', undef, 404, 'PGRST202' ],
		[ PUT => '/rpc/chatwoot_webhook', '{}', 405, 'PGRST101' ],
		[ DELETE => '/rpc/chatwoot_webhook', undef, 405, 'PGRST101' ],
		[ PATCH => '/rpc/chatwoot_webhook', '{}', 405, 'PGRST101' ],
		[ TRACE => '/rpc/chatwoot_webhook', undef, 405, 'PGRST101' ],
		[ GET => '/messages', undef, 404, 'PGRST205' ],
		[ GET => '/', undef, 404, 'PGRST125' ],
		[ POST => '/live', '{}', 405, 'PGRST101' ],
	);
	for my $asked (@asked)
	{
		my ($method, $path, $body, $status, $code) = @$asked;
		my $answer = call($method, $path, $body);
		is("$answer->{status} $answer->{json}{code}", "$status $code", "$method $path " . ($body // ''));
	}
	my $answer = call('HEAD', '/rpc/chatwoot_webhook');
	is("$answer->{status} '$answer->{content}'", "404 ''", 'HEAD answers as GET, without a body');
	$answer = call('OPTIONS', '/rpc/chatwoot_webhook', undef, origin => 'https://evil.example');
	is($answer->{status}, 204, 'OPTIONS');
	is($answer->{headers}{'access-control-allow-origin'}, undef, 'lets no origin in that was not named');
	my $event = $json->encode($desk->message_event($account, 'typed'));
	for my $type ('text/plain', 'application/xml', 'application/octet-stream', 'multipart/form-data; boundary=x')
	{
		my $headers = $desk->webhook_headers($account, $event);
		$answer = call('POST', '/rpc/chatwoot_webhook', $event, %$headers, 'content-type' => $type);
		is($answer->{status}, 415, "a body of type $type");
	}
};

# A signed request as bytes.
sub signed_request
{
	my ($content, @more) = @_;
	my $body = $json->encode($desk->message_event($account, $content));
	my $headers = $desk->webhook_headers($account, $body);

	return ([ %$headers, @more ], $body);
}

subtest 'on the wire' => sub {
	my ($headers, $body) = signed_request('in chunks', 'Transfer-Encoding', 'chunked', 'Connection', 'close');
	my $chunks = join '', map { sprintf "%x\r\n%s\r\n", length, $_ } $body =~ /(.{1,100})/gs;
	like(scalar raw_exchange($desk->{gateway_port}, raw_request('POST', '/rpc/chatwoot_webhook', $headers, "${chunks}0\r\n\r\n")),
		qr{^HTTP/1\.1 200 .*"stored"}s, 'a signed body in chunks');

	my @requests;
	for my $part (1 .. 3)
	{
		($headers, $body) = signed_request("pipelined $part", $part == 3 ? ('Connection', 'close') : ());
		push @requests, raw_request('POST', '/rpc/chatwoot_webhook', $headers, $body);
	}
	my $answers = raw_exchange($desk->{gateway_port}, join '', @requests);
	is(scalar(() = $answers =~ m{HTTP/1\.1 200 }g), 3, 'three pipelined requests get three answers');
	is($desk->sql("SELECT string_agg(content, ',' ORDER BY content) FROM frontdesk.messages WHERE content LIKE 'pipelined%' AND direction = 'incoming'"),
		'pipelined 1,pipelined 2,pipelined 3', 'and none was lost');

	my $slow = metric('timed_out_total');
	($headers, $body) = signed_request('slowly');
	my $socket = connect_and_send(substr raw_request('POST', '/rpc/chatwoot_webhook', $headers, $body), 0, -1);
	my $started = time;
	my ($answer, $closed) = raw_read($socket);
	is("'$answer' $closed", "'' 1", 'a sender that does not come to its end is shut out');
	cmp_ok(time - $started, '<', 120, 'in time');
	is(metric('timed_out_total') - $slow, 1, 'and counted');
	is($desk->sql("SELECT count(*) FROM frontdesk.messages WHERE content = 'slowly'"), 0, 'nothing of it is stored');
};

$desk->wait_for_rest($account);
is($desk->sql(q{SELECT count(*) FROM frontdesk.dead_letters WHERE what = 'thread'}), 0, 'no conversation was given up');
is_deeply([ $desk->{gateway_pid}, programs_of_server() ], \@programs, 'gateway, server and workers are those of the beginning');
is(kill(0, $desk->{gateway_pid}), 1, 'and alive');

done_testing();
