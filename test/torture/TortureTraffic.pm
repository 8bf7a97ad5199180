# TortureTraffic.pm: what customers, people and Chatwoot say, as webhooks.
#
#	my $traffic = TortureTraffic->new($torture);
#	$traffic->open_houses;                  # the accounts that are written to
#	$traffic->send_message($message);       # one of the plan's
#	$traffic->follow($effect);              # Chatwoot was made to do something
#
# What was said, told and acknowledged is kept in members of the torture, for the
# verdict: messages, refused, decided, strangers, each with its times.
package TortureTraffic;

use strict;
use warnings;

use JSON::PP;
use POSIX qw(strftime);
use Scalar::Util qw(weaken);
use Time::HiRes qw(time);

use constant FIRST_DISPLAY => 7000;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my %person = (id => 4, name => 'Ana', email => 'ana@torture.example', type => 'user');

sub new
{
	my ($class, $torture) = @_;
	my $self = bless { torture => $torture, house => {}, place => {}, counts => {} }, $class;

	weaken($self->{torture});
	$torture->{$_} = {} for qw(messages refused decided strangers);
	return $self;
}

sub desk { return $_[0]{torture}{desk} }

# ---- who is written to ----

# Its answers are made by a function of its own: slow sometimes, and now and then it
# raises, so that another one answers and people get the conversation.
my $tools = <<'SQL';
CREATE SCHEMA shop;
GRANT USAGE ON SCHEMA shop TO frontdesk_tool;
CREATE TABLE shop.looked (run uuid, thread_id uuid);
GRANT INSERT ON shop.looked TO frontdesk_tool;
CREATE FUNCTION shop.look(account_id integer, thread_id uuid, state jsonb) RETURNS jsonb LANGUAGE plpgsql AS $tool$
DECLARE
  n integer := coalesce(substring(state ->> 'content' from 'm(\d+)x'), '0')::integer;
BEGIN
  INSERT INTO shop.looked VALUES (frontdesk.current_tool_run(), thread_id);
  PERFORM pg_sleep(CASE WHEN n % 7 = 0 THEN 1 ELSE 0 END);
  IF n % 23 = 0 THEN
    RAISE EXCEPTION 'nothing found for %', n;
  END IF;
  RETURN jsonb_build_object('deliver', jsonb_build_array(jsonb_build_object('kind', 'reply', 'content', 'Looked up for ' || n || '.')));
END $tool$;
CREATE FUNCTION shop.apologise(account_id integer, thread_id uuid, state jsonb) RETURNS jsonb LANGUAGE sql AS
  $tool$ SELECT '{"deliver": [{"kind": "reply", "content": "Nothing is known under that number."}]}'::jsonb $tool$;
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES (:house, 'conversation', 1, 'look');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, function, error_node, attempts) VALUES
  (:house, 'conversation', 1, 'look', 'function', 'shop.look', 'apologise', 2),
  (:house, 'conversation', 1, 'apologise', 'function', 'shop.apologise', NULL, 10);
SELECT frontdesk.activate_graph('conversation', :house);
SQL

sub open_houses
{
	my ($self) = @_;
	my $desk = $self->desk;

	# customers who say the same all day long are no machines here
	$desk->sql(q{UPDATE frontdesk.people_rules SET reply_limit = NULL, repeat_limit = NULL, return_label = 'bot' WHERE account_id = 0});
	$self->{house}{$_} = $desk->account("Torture $_") for qw(desk careful tools);
	$desk->sql("INSERT INTO frontdesk.refusal_rules (account_id, position, pattern, remedy, wait) VALUES ($self->{house}{$_}{id}, 1, 'rate limit', 'again', '0')") for qw(desk careful tools);
	$desk->sql(qq{INSERT INTO frontdesk.people_rules SELECT (jsonb_populate_record(r, '{"account_id": $self->{house}{careful}{id}, "approval": "approve", "builtin": false}')).*
		FROM frontdesk.people_rules r WHERE account_id = 0});
	(my $sql = $tools) =~ s/:house/$self->{house}{tools}{id}/g;
	$desk->sql($sql);
	return;
}

# ---- telling ----

sub source_time { my ($self, $at) = @_; my $t = $self->{torture}{started} + $at; return strftime('%Y-%m-%dT%H:%M:%S', gmtime $t) . sprintf('.%03dZ', ($t - int $t) * 1000) }
sub now { my ($self) = @_; return time - $self->{torture}{started} }

# Ids at Chatwoot grow in the order in which things were said, whatever order
# the webhooks come in.
sub id_at { my ($self, $at, $n) = @_; return int(($self->{torture}{started} + $at) * 1e6) + $n % 1000 }

# An event of a conversation as Chatwoot would describe it now.
sub event
{
	my ($self, $display, $content, %option) = @_;
	my $version = time;

	$self->{torture}->follow_journal;
	my $event = $self->desk->message_event($self->house_of($display), $content, conversation => $display, status => $self->{torture}{status}{$display} // 'pending', %option);
	$event->{conversation}{updated_at} = $version;
	$event->{created_at} = $self->source_time($option{at} // $self->now);
	$event->{attachments} = $option{attachments} if $option{attachments};
	return $event;
}

sub house_of { my ($self, $display) = @_; return $self->{house}{ $self->{place}{$display} } }

# Tells of it after a while; the code is called once, when it was acknowledged.
sub tell
{
	my ($self, $display, $event, $acknowledged) = @_;
	my $body = $json->encode($event);
	my $told = 0;

	$self->{torture}{sender}->tell(account => $self->house_of($display), body => $body, acknowledged => sub {
		$acknowledged->($body) if $acknowledged && !$told++;
	});
	return;
}

sub later { my ($self, $delay, $code) = @_; $self->{torture}->task($delay, sub { $code->(); return 1 }); return }

# ---- what customers say ----

sub words { my ($n, $route, $more) = @_; return "Question m${n}x, please. [[route=$route]]" . ($more // '') }

# A voice note lasts as many seconds as its number says, a picture is named by it.
sub attachment
{
	my ($message, $spoken) = @_;
	my $n = $message->{n};
	my %file = (id => $n, message_id => $n, account_id => 3);

	return [ { %file, file_type => 'audio', content_type => 'audio/ogg', data_url => 'https://chat.example.com/k/voice.ogg', transcribed_text => $spoken // '', meta => { duration => $n } } ]
	  if $message->{kind} eq 'voice' || $message->{kind} eq 'transcribed';
	return [ { %file, file_type => 'image', content_type => 'image/jpeg', data_url => "https://chat.example.com/k/m${n}x.jpeg" } ]
	  if $message->{kind} eq 'picture' || $message->{kind} eq 'captioned';
	return undef;
}

sub content_of
{
	my ($message) = @_;
	my ($n, $kind) = @$message{qw(n kind)};

	return undef if $kind eq 'voice' || $kind eq 'transcribed' || $kind eq 'picture';
	return "Person m${n}x, please." if $kind eq 'person';
	return words($n, $message->{route}, $kind eq 'deleted' && $message->{house} eq 'desk' ? " [[reply=About m${n}x.]]" : '');
}

sub send_message
{
	my ($self, $message) = @_;
	my $n = $message->{n};
	my $torture = $self->{torture};
	my $display = FIRST_DISPLAY + $message->{conversation};

	$self->{place}{$display} = $message->{house};
	my $id = $self->id_at($message->{written}, $n);
	my $event = $self->event($display, content_of($message), id => $id, at => $message->{written}, attachments => attachment($message),
		$message->{kind} eq 'person' ? (message_type => 'outgoing', sender => {%person}) : ());
	my $seen = $torture->{messages}{$n} = { %$message, display => $display, id => $id, sent => time };
	$self->tell($display, $event, sub {
		my ($body) = @_;
		$seen->{acknowledged} = time;
		$torture->{acknowledged}++;
		for my $delay (@{ delete $seen->{repeats} // [] })
		{
			$self->later($delay, sub { $torture->{repeated}++; $torture->{sender}->tell(account => $self->house_of($display), body => $body) });
		}
		$self->later($seen->{later}, sub { $self->go_on($seen, $event) }) if defined $seen->{later};
	});
	return;
}

# What is told of a message later: that it was deleted, what was said in it; or that a
# person gives the conversation back.
sub go_on
{
	my ($self, $message, $event) = @_;
	my $display = $message->{display};
	my $after;

	if ($message->{kind} eq 'person')
	{
		$after = $message->{way} eq 'label' ? $self->label_event($event)
		  : $self->event($display, '/bot on', id => $self->id_at($self->now, 0), message_type => 'outgoing', private => 1, sender => {%person});
	}
	else
	{
		my %told = $message->{kind} eq 'deleted' ? (content_attributes => { deleted => JSON::PP::true }) : (attachments => attachment($message, words($message->{n}, 'automated')));
		$after = $self->event($display, $message->{kind} eq 'deleted' ? 'This message was deleted' : undef,
			event => 'message_updated', id => $message->{id}, at => $message->{written}, %told);
	}
	$message->{went_on} = time;
	$self->tell($display, $after, sub { $message->{done} = time });
	return;
}

sub label_event
{
	my ($self, $event) = @_;
	my $display = $event->{conversation}{id};
	my $now = $self->event($display, undef);

	return { %{ $now->{conversation} }, event => 'conversation_updated', account => { id => 3, name => 'Torture' },
		changed_attributes => [ { label_list => {} } ], labels => ['bot'] };
}

# ---- what Chatwoot tells of what we did ----

sub sequel { my ($self, $what) = @_; return $self->{torture}->plan->sequel($what, $self->{counts}{$what}++) }

sub follow
{
	my ($self, $effect) = @_;
	my ($display) = $effect->{path} =~ m{/conversations/(\d+)/messages$};
	my $is_reply = !$effect->{body}{private};
	my $refusal = $is_reply ? $self->sequel('refusal') : undef;
	my $stranger = $is_reply ? $self->sequel('stranger') : undef;
	my $event = sub { $self->event($display, $effect->{body}{content}, id => $effect->{id}, message_type => 'outgoing', private => $effect->{body}{private},
		content_attributes => $effect->{body}{content_attributes}, sender => { id => 7, name => 'Front desk', avatar_url => '', type => 'agent_bot' }, @_) };

	$self->later($self->{torture}->plan->echo_delay($self->{counts}{echo}++), sub {
		$self->tell($display, $event->(), sub {
			$self->later($refusal->{after}, sub { $self->refuse($display, $effect, $refusal, $event) }) if $refusal;
		});
	});
	# what the provider refused the channel does not tell of
	$self->later($stranger->{after}, sub { $self->tell_as_strangers($display, $effect, $stranger) }) if $stranger && !$refusal;
	$self->later(0, sub { $self->decide($display, $effect) }) if ($effect->{body}{content} // '') =~ m{/approve} && $effect->{body}{private};
	return;
}

# The provider refuses a reply that Chatwoot had accepted.
sub refuse
{
	my ($self, $display, $effect, $refusal, $event) = @_;
	my $marker = $effect->{body}{content_attributes}{frontdesk};
	my $told = $event->(event => 'message_updated', content_attributes => { %{ $effect->{body}{content_attributes} }, external_error => $refusal->{error} });
	my $seen = $self->{torture}{refused}{$marker} = { sent => time, error => $refusal->{error} };

	$told->{conversation}{messages} = [ { id => $effect->{id}, status => 'failed' } ];
	$self->tell($display, $told, sub { $seen->{acknowledged} = time });
	return;
}

# The channel tells our own reply as what somebody wrote on the phone.
sub tell_as_strangers
{
	my ($self, $display, $effect, $way) = @_;
	my $id = $self->id_at($self->now, ++$self->{counts}{strange});

	$self->{torture}{strangers}{$id} = $display;
	$self->tell($display, $self->event($display, $effect->{body}{content}, id => $id, message_type => 'outgoing', source_id => "wamid.$id",
		content_attributes => $way->{flag} ? { external_echo => JSON::PP::true } : {}, sender => $way->{sender} ? { id => 9, name => 'Phone', type => 'user' } : undef));
	return;
}

# A person decides on a draft that was shown to people.
sub decide
{
	my ($self, $display, $effect) = @_;
	my $decision = $self->sequel('decision');
	my $seen = $self->{torture}{decided}{ $effect->{body}{content_attributes}{frontdesk} } = { verdict => $decision->{verdict} };
	my %said = (approve => '/approve', edit => '/approve These are words of a colleague.', reject => '/reject not like this');

	$self->later($decision->{after}, sub {
		$seen->{sent} = time;
		$self->tell($display, $self->event($display, $said{ $decision->{verdict} }, id => $self->id_at($self->now, ++$self->{counts}{command}), message_type => 'outgoing',
			private => 1, sender => {%person}), sub { $seen->{acknowledged} = time });
	});
	return;
}

1;
