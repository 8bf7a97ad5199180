# What webhooks lose is found by asking Chatwoot, a bot that Chatwoot silenced
# speaks again, and a customer who waits in vain gets a person.  A webhook is
# lost here by telling the stand-in of a message and nobody else.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use JSON::PP qw(encode_json);
use Test::More;

my $desk = Frontdesk->start(conf => "frontdesk.router_confidence = 1.01\n");
my $account = $desk->account('Clinic');
my ($id, $site) = @{$account}{qw(id site)};
$desk->sql("SELECT frontdesk.open_sweep($id, $site, '1 day')");
my %ana = (id => 7, name => 'Ana', type => 'user');
my $message = 910000;
my $shift = 0;

sub rules
{
	my (%rule) = @_;
	my $columns = join ', ', 'account_id', sort keys %rule;
	my $values = join ', ', $id, map { defined $rule{$_} ? "'$rule{$_}'" : 'NULL' } sort keys %rule;
	$desk->sql("DELETE FROM frontdesk.people_rules WHERE account_id = $id; INSERT INTO frontdesk.people_rules ($columns) VALUES ($values)");
	return;
}

sub clock
{
	my ($hours) = @_;
	$desk->sql("SELECT frontdesk.shift_clock('$hours hours')");
	$shift = 3600 * $hours;
	return;
}

# A message as the stand-in keeps it; age in seconds.
sub row
{
	my ($content, $age, %option) = @_;
	return { id => $message += 500, content => $content, message_type => 'incoming', created_at => time + $shift - $age,
		sender => { id => 501, name => 'Robin Doe', type => 'contact' }, %option };
}

# Puts messages into Chatwoot that no webhook tells of.
sub lose
{
	my ($conversation, $status, @rows) = @_;
	$desk->fake_control('POST', 'seed', { conversations => [ { account_id => 3, id => $conversation, status => $status, messages => \@rows } ] });
	return @rows;
}

# The webhook of a message that is in Chatwoot.
sub tell_of
{
	my ($conversation, $row, %option) = @_;
	my $event = $desk->message_event($account, $row->{content}, conversation => $conversation, id => $row->{id}, %option);
	$event->{created_at} = POSIX::strftime('%Y-%m-%dT%H:%M:%S.000Z', gmtime $row->{created_at});
	my $answer = $desk->post_webhook($account, $event, timestamp => time + $shift);
	return $answer->{json}{status};
}

my $sweeps = 0;

# Sweeps and waits for the end.
sub sweep
{
	$desk->sql("SELECT frontdesk.sweep_site($id, $site)");
	my $before = $sweeps;
	$desk->wait_until("SELECT count(*) > $before FROM frontdesk.checkpoints c JOIN frontdesk.site_sweeps w ON w.account_id = c.account_id AND w.thread_id = c.thread_id", 'the sweep');
	$desk->wait_for_rest($account);
	$sweeps = $desk->sql('SELECT count(*) FROM frontdesk.checkpoints c JOIN frontdesk.site_sweeps w ON w.account_id = c.account_id AND w.thread_id = c.thread_id');
	return;
}

sub said { return map { $_->{body}{content} } grep { !$_->{body}{private} } $desk->replies($_[0]) }
sub noted { return map { $_->{body}{content} } grep { $_->{body}{private} } $desk->replies($_[0]) }
sub stored { return $desk->sql("SELECT coalesce(string_agg(m.content, '|' ORDER BY m.sent_at, m.seq), '') FROM frontdesk.messages m JOIN frontdesk.conversations c ON c.account_id = m.account_id AND c.id = m.conversation_id WHERE c.display_id = $_[0] AND m.direction = 'incoming'") }
sub handled_by { return $desk->sql("SELECT handled_by FROM frontdesk.conversations WHERE display_id = $_[0]") }
sub statuses { my ($display) = @_; return map { $_->{body}{status} } grep { $_->{path} =~ m{/$display/toggle_status$} } $desk->requests('chatwoot') }
sub listed { return grep { $_->{method} eq 'GET' && $_->{path} =~ m{/conversations$} } $desk->requests('chatwoot') }

# ---- what webhooks lost ----

rules(sweep_every => '1 hour', stuck_after => undef);
my ($lost) = lose(100, 'pending', row('Where is my bed? [[reply=In the post.]]', 300));
lose(101, 'pending', row('An old question [[reply=too late]]', 5 * 3600));
lose(102, 'pending', row('A settled question [[reply=unwanted]]', 600), row('All settled', 500, message_type => 'outgoing', sender => \%ana));
my ($known) = lose(103, 'pending', row('A known question [[reply=A known answer.]]', 300));
lose(104, 'pending', row('A question for another bot [[reply=unwanted]]', 300), row('Beep', 250, message_type => 'outgoing', sender => { id => 9, name => 'Robot', type => 'agent_bot' }));
is(tell_of(103, $known), 'stored', 'one webhook came');
$desk->wait_for_rest($account);
sweep();
is(stored(100), 'Where is my bed? [[reply=In the post.]]', 'a message that no webhook told of is found');
is_deeply([ said(100) ], ['In the post.'], 'and answered');
is(stored(101), 'An old question [[reply=too late]]', 'an old one is stored');
is_deeply([ said(101) ], [], 'and not answered');
is_deeply([ said(102) ], [], 'one that a person has answered is not answered either');
is(handled_by(102), 'human', 'and the person has the conversation');
is_deeply([ said(104) ], [], 'nor one that another bot has answered');
is_deeply([ said(103) ], ['A known answer.'], 'what a webhook told of is not answered again');
is(tell_of(100, $lost), 'duplicate', 'the webhook that comes late finds its message');
$desk->wait_for_rest($account);
is(scalar(said(100)), 1, 'and starts nothing');
is($desk->sql("SELECT messages FROM frontdesk.site_sweeps WHERE account_id = $id"), '6', 'the sweep says how many it found');
my %headers = %{ (listed())[0]{headers} };
is($headers{'api-access-token'}, 'user-token', 'it asks with the token of a user');

# ---- cursor and schedule ----

my $asked = scalar grep { $_->{method} eq 'GET' } $desk->requests('chatwoot');
$desk->sql("UPDATE frontdesk.site_sweeps SET seen_until = frontdesk.clock() + interval '10 minutes' WHERE account_id = $id");
sweep();
is(scalar(grep { $_->{method} eq 'GET' } $desk->requests('chatwoot')), $asked + 1, 'when nothing has changed since, one request is all');
clock(2);
$desk->wait_until("SELECT count(*) > $sweeps FROM frontdesk.checkpoints c JOIN frontdesk.site_sweeps w ON w.account_id = c.account_id AND w.thread_id = c.thread_id", 'the next sweep');
pass('the next sweep comes when its time has come');
$desk->wait_for_rest($account);
$sweeps = $desk->sql('SELECT count(*) FROM frontdesk.checkpoints c JOIN frontdesk.site_sweeps w ON w.account_id = c.account_id AND w.thread_id = c.thread_id');
is($desk->sql("SELECT count(*) FROM frontdesk.alarms WHERE name = 'begin_sweep'"), '1', 'and sets one alarm for the one after');

# many conversations and messages take several pages
clock(0);
$desk->sql("UPDATE frontdesk.site_sweeps SET seen_until = frontdesk.clock() - interval '1 minute'");
my @many = map { $_ + 2000 } 1 .. 60;
lose($_, 'pending', row("Question $_ [[reply=Answer $_]]", 60)) for @many;
my @long = map { row("Line $_", 30) } 1 .. 130;
my ($begin) = lose(3000, 'open', row('Begin', 4 * 3600));
tell_of(3000, $begin, message_type => 'incoming', status => 'open');
$desk->wait_for_rest($account);
lose(3000, 'open', @long);
sweep();
# the second page found the conversation at work, so the sweep comes back to it
is($desk->sql("SELECT due_at < frontdesk.clock() + interval '2 minutes' FROM frontdesk.alarms WHERE name = 'begin_sweep'"), 't', 'what had to be left alone is looked at again soon');
sweep();
is(scalar(grep { (said($_))[0] // '' eq "Answer $_" } @many), 60, 'sixty conversations on three pages are found and answered');
is($desk->sql("SELECT count(*) FROM frontdesk.messages m JOIN frontdesk.conversations c ON c.account_id = m.account_id AND c.id = m.conversation_id WHERE c.display_id = 3000 AND m.content LIKE 'Line %'"), '130',
	'so are 130 messages of one conversation');

# ---- when Chatwoot fails ----

$desk->rules({ match => { service => 'chatwoot', method => 'GET', path_contains => '/conversations' }, action => { status => 401 } });
$desk->sql("SELECT frontdesk.sweep_site($id, $site)");
$desk->wait_until("SELECT failure IS NOT NULL FROM frontdesk.site_sweeps WHERE account_id = $id", 'the failure');
$desk->wait_for_rest($account);
like($desk->sql("SELECT failure FROM frontdesk.site_sweeps WHERE account_id = $id"), qr/Invalid Access Token/, 'a sweep that fails says why');
$desk->rules;
lose(110, 'pending', row('After the failure [[reply=Here I am.]]', 60));
$sweeps = $desk->sql('SELECT count(*) FROM frontdesk.checkpoints c JOIN frontdesk.site_sweeps w ON w.account_id = c.account_id AND w.thread_id = c.thread_id');
sweep();
is_deeply([ said(110) ], ['Here I am.'], 'the next one makes up for it');
is($desk->sql("SELECT failure IS NULL FROM frontdesk.site_sweeps WHERE account_id = $id"), 't', 'and says so');

# ---- lists that are none of Chatwoot's ----

sub list_of { my (@rows) = @_; return { data => { meta => {}, payload => \@rows } } }
sub talk { my ($conversation, %option) = @_; return { id => $conversation, status => 'pending', inbox_id => 21, labels => [], last_activity_at => time, meta => { sender => { id => 501, name => 'Robin Doe' }, channel => 'Channel::WebWidget' }, %option } }

# Sweeps a site that answers so; what was asked for, and what it failed with.
sub sweep_of
{
	my ($list, $messages) = @_;
	my @page = (service => 'chatwoot', method => 'GET', path_contains => '/conversations');
	$desk->rules({ match => { @page, path_contains => '/messages' }, action => { status => 200, body => encode_json({ payload => $messages }) } },
		{ match => { @page, times => 1 }, action => { status => 200, body => encode_json($list) } }, { match => {@page}, action => { status => 200, body => encode_json(list_of()) } });
	my $seen = scalar $desk->requests('chatwoot');
	$desk->sql("UPDATE frontdesk.site_sweeps SET failure = NULL, finished_at = NULL WHERE account_id = $id; SELECT frontdesk.sweep_site($id, $site)");
	$desk->wait_until("SELECT finished_at IS NOT NULL OR failure IS NOT NULL FROM frontdesk.site_sweeps WHERE account_id = $id", 'the end of the sweep');
	$desk->wait_for_rest($account);
	my @requests = $desk->requests('chatwoot');
	my @asked = map { $_->{path} =~ m{/conversations/(\d+)/messages$} ? $1 : () } @requests[ $seen .. $#requests ];
	return (\@asked, $desk->sql("SELECT failure FROM frontdesk.site_sweeps WHERE account_id = $id"));
}

my ($asked_for, $failure) = sweep_of(list_of(map { talk($_) } 5001 .. 5101), []);
is_deeply($asked_for, [], 'of a list of 101 conversations none is looked at');
like($failure, qr/more rows than any of Chatwoot's/, 'and the sweep says why');
($asked_for, $failure) = sweep_of(list_of(talk(5001)), [ map { row("Line $_ of many", 30, message_type => 0) } 1 .. 101 ]);
is_deeply($asked_for, [5001], 'a conversation is asked for its messages');
like($failure, qr/more rows than any of Chatwoot's/, 'of which 101 are too many');
is(stored(5001), '', 'and none is taken in');
($asked_for, $failure) = sweep_of(list_of(talk(99)), [ map { row("Line $_ of as many as there may be", 5 * 3600, message_type => 0) } 1 .. 100 ]);
is($failure, '', '100 are what a list of Chatwoot\'s may have');
is(scalar(split /[|]/, stored(99)), 100, 'and all are taken in');
($asked_for, $failure) = sweep_of(list_of((map { talk($_) } 5001 .. 5030), (map { talk($_) } 5011 .. 5040)), []);
is_deeply([ $asked_for, $failure ], [ [ 5001 .. 5040 ], '' ], 'a conversation that is listed twice is asked for once');
($asked_for, $failure) = sweep_of(list_of(talk(5001, last_activity_at => undef), { id => 5002 }, talk(5003, last_activity_at => 'now'), talk(5004, last_activity_at => 1e300), talk(5005)), []);
is_deeply([ $asked_for, $failure ], [ [5005], '' ], 'one that does not say when something last happened in it is not');
($asked_for, $failure) = sweep_of(list_of(talk(5001, custom_attributes => { a => 'x' x 70_000 }), talk(5002, messages => [ { id => 1, content => 'x' x 70_000 } ])), []);
is_deeply([ $asked_for, $failure ], [ [5002], '' ], 'nor one that is larger than any of Chatwoot, without the messages that come with it');
$desk->rules;
$sweeps = $desk->sql('SELECT count(*) FROM frontdesk.checkpoints c JOIN frontdesk.site_sweeps w ON w.account_id = c.account_id AND w.thread_id = c.thread_id');

# ---- a bot that Chatwoot has silenced ----

my ($first) = lose(120, 'pending', row('Hello [[reply=Hi.]]', 600));
tell_of(120, $first);
my ($old) = lose(121, 'pending', row('Hello [[reply=Hi.]]', 5 * 3600));
tell_of(121, $old);
my ($person) = lose(122, 'pending', row('Hello [[reply=Hi.]]', 600));
tell_of(122, $person);
$desk->wait_for_rest($account);
# its webhook failed, so Chatwoot opened the conversation
lose(120, 'open', row('And on Sunday? [[reply=Closed.]]', 60));
lose(121, 'open', row('And on Monday? [[reply=Open.]]', 4 * 3600));
$desk->sql("UPDATE frontdesk.site_sweeps SET seen_until = frontdesk.clock() - interval '1 day'");
lose(122, 'open', row('And on Friday? [[reply=Open.]]', 300), row('Ana: yes', 200, message_type => 'outgoing', sender => \%ana));
sweep();
is((said(120))[-1], 'Closed.', 'a silenced bot answers what it did not hear');
is_deeply([ statuses(120) ], ['pending'], 'and has the conversation again in Chatwoot');
is($desk->sql("SELECT count(*) FROM frontdesk.audit a JOIN frontdesk.conversations c ON c.id::text = a.subject WHERE a.action = 'conversation.bot_silenced' AND c.display_id = 120"), '1', 'the trail tells of it');
is(handled_by(121), 'human', 'after too long a time people get it');
is(scalar(grep { $_ eq 'Open.' } said(121)), 0, 'and the bot says nothing');
like((noted(121))[-1], qr/silenced the bot/, 'people read why');
is_deeply([ statuses(122) ], [], 'what a person has opened and answered stays as it is');
sweep();
is(scalar(noted(121)), 1, 'nothing of it happens twice');

# ---- waiting in vain ----

rules(sweep_every => '1 hour', stuck_after => '30 minutes', approval_by_agent => '{"conversation": "approve"}');
my ($draft) = lose(130, 'pending', row('A draft waits [[reply=For a person.]]', 10));
tell_of(130, $draft);
$desk->wait_for_rest($account);
rules(sweep_every => '1 hour', stuck_after => '30 minutes');
$desk->sql('ALTER SYSTEM SET frontdesk.workers = 0; SELECT pg_reload_conf()');
$desk->wait_until(q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'}, 'the workers to end');
my ($stuck) = lose(131, 'pending', row('Is anybody there? [[reply=The bot.]]', 10));
tell_of(131, $stuck);
my ($answered) = lose(132, 'pending', row('Answered by Ana', 10));
tell_of(132, $answered);
tell_of(132, row('I am Ana', 5), message_type => 'outgoing', sender => \%ana);
my ($open) = lose(133, 'open', row('In the open', 10));
tell_of(133, $open, status => 'open');
cmp_ok($desk->sql("SELECT frontdesk.find_stuck($id, $site)"), '>', 0, 'the old message that was only stored waits in vain');
is(handled_by(101), 'human', 'and people have it');
my $stuck_before = $desk->sql(q{SELECT count(*) FROM frontdesk.audit WHERE action = 'conversation.stuck'});
is($desk->sql("SELECT frontdesk.find_stuck($id, $site)"), '0', 'nobody else does before the time is over');
clock(3);
$desk->wait_until("SELECT count(*) > $stuck_before FROM frontdesk.audit WHERE action = 'conversation.stuck'", 'the stuck conversation');
is($desk->sql("SELECT string_agg(c.display_id::text, ' ' ORDER BY c.display_id) FROM frontdesk.audit a JOIN frontdesk.conversations c ON c.id::text = a.subject WHERE a.action = 'conversation.stuck' AND c.display_id >= 130"),
	'131', 'with no worker running, the conversation without an answer is found, and no other');
is(handled_by(131), 'human', 'people have it');
$desk->sql("SELECT frontdesk.find_stuck($id, $site)");
is($desk->sql("SELECT count(*) FROM frontdesk.audit a JOIN frontdesk.conversations c ON c.id::text = a.subject WHERE a.action = 'conversation.stuck' AND c.display_id = 131"), '1', 'once');
$desk->sql('ALTER SYSTEM RESET frontdesk.workers; SELECT pg_reload_conf()');
$desk->wait_for('the note', sub { noted(131) });
$desk->wait_for_rest($account);
is_deeply([ statuses(131) ], ['open'], 'when the workers are back it is opened');
like((noted(131))[0], qr/has waited for an answer since/, 'people read why');
is_deeply([ said(131) ], [ 'A colleague takes over and will answer you here.' ], 'the customer hears who will answer, and no more');

# ---- a site that nobody asked to be swept ----

rules(sweep_every => undef);
clock(0);
my $second = { id => $desk->sql(q{SELECT frontdesk.add_account('Second')}), chatwoot => 4 };
$desk->use_models($second);
$desk->fake_control('POST', 'seed', { conversations => [ { account_id => 4, id => 140, status => 'pending', messages => [ row('Before your time [[reply=unwanted]]', 600) ] } ] });
$desk->sql(sprintf q{INSERT INTO frontdesk.people_rules (account_id) VALUES (%1$d); SELECT frontdesk.add_site(%1$d, '%2$s', 4, 'bot-token', 'user-token')}, $second->{id}, $desk->fakes);
$desk->wait_until("SELECT count(*) = 1 FROM frontdesk.site_sweeps WHERE account_id = $second->{id}", 'the coordinator to plan sweeps');
is($desk->sql("SELECT count(*) FROM frontdesk.alarms WHERE account_id = $second->{id} AND name = 'begin_sweep' AND due_at BETWEEN frontdesk.clock() AND frontdesk.clock() + interval '10 minutes'"),
	'1', 'a new site is swept from then on, ten minutes later');
$desk->fake_control('POST', 'seed', { conversations => [ { account_id => 4, id => 141, status => 'pending', messages => [ row('Unheard [[reply=Heard.]]', -1) ] } ] });
clock(1);
$desk->wait_for('the answer', sub { said(141) });
$desk->wait_for_rest($second);
is_deeply([ said(141) ], ['Heard.'], 'what its webhooks lose is found');
is_deeply([ said(140) ], [], 'what was said before it was known is left alone');

done_testing();
