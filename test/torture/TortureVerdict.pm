# TortureVerdict.pm: what became of a torture: what was acknowledged, held
# against what the outside world saw and what the database says.
#
#	my $verdict = TortureVerdict->new($torture);
#	$verdict->count('lost');        # also duplicated, stuck, disorder, errors
#	$verdict->report;               # lines for people
#	$verdict->evidence;             # the rows of the conversations that failed
#
# Three witnesses, none of which believes another:
#	the sender   which messages were sent, which were acknowledged, and when
#	the journal  every message that Chatwoot made, with our marker, in order
#	the tables   messages, checkpoints, deliveries, threads
# A message is recognised by its text ("m17x"), by how long it lasts or by its id, an
# answer by its marker (<thread>/<seq>); the turn that took a message in is the one
# whose checkpoints hold its text, or say that it came.  What came later is judged by
# TortureSequels.pm.
package TortureVerdict;

use strict;
use warnings;

use TortureSequels;

use constant HISTORY => 100;    # messages of a burst that agents are shown (inbox_subject.h)

my @counts = qw(lost duplicated stuck disorder errors);

sub new
{
	my ($class, $torture) = @_;
	my $self = bless { torture => $torture, faults => [], count => { map { $_ => 0 } @counts }, notes => {} }, $class;

	$self->load;
	$self->judge_threads;
	$self->judge_messages;
	$self->judge_turns;
	$self->judge_effects;
	$self->judge_order;
	TortureSequels::judge($self);
	$self->judge_server_log;
	return $self;
}

sub count { my ($self, $kind) = @_; return $self->{count}{$kind} }
sub is_good { my ($self) = @_; return !grep { $self->{count}{$_} } @counts }

# One thing that must not be, of one conversation.
sub blame
{
	my ($self, $kind, $thread, $what) = @_;
	$self->{count}{$kind}++;
	push @{ $self->{faults} }, { kind => $kind, thread => $thread, what => $what };
	return;
}

# One thing that may be, and is told of.
sub note { my ($self, $what) = @_; return ++$self->{notes}{$what} }

# ---- the tables ----

# Rows of a query as hashes; no column may hold a tab or a line break.
sub rows
{
	my ($self, $query) = @_;
	my ($head, @lines) = split /\n/, $self->{torture}->desk->node->safe_psql('postgres', $query, extra_params => [ '-P', 'tuples_only=off', '-P', 'footer=off', '-F', "\t" ]);
	my @names = split /\t/, $head;

	return map { my @values = split /\t/, $_, -1; my %row; @row{@names} = @values; \%row } @lines;
}

sub load
{
	my ($self) = @_;

	$self->{threads} = { map { $_->{id} => $_ } $self->rows(<<'SQL') };
SELECT t.id, c.display_id AS display, c.status, c.handled_by, t.status AS rest, t.status_reason AS reason, t.slot, t.turns, t.epoch, t.resumed_count AS resumed
FROM frontdesk.threads t JOIN frontdesk.conversations c ON c.account_id = t.account_id AND c.id = t.id
SQL
	$self->{messages} = [ $self->rows(<<'SQL') ];
SELECT conversation_id AS thread, seq, direction, author, private, chatwoot_message_id AS remote, content_attributes ->> 'frontdesk' AS marker,
  substring(content from 'm(\d+)x, please') AS n, extract(epoch FROM created_at) AS made FROM frontdesk.messages ORDER BY conversation_id, seq
SQL
	$self->{deliveries} = [ $self->rows(<<'SQL') ];
SELECT thread_id AS thread, seq, kind, status, attempts, remote_id AS remote, extract(epoch FROM created_at) AS made, extract(epoch FROM sent_at) AS sent,
  extract(epoch FROM settled_at) AS settled, translate(failure::text, E'\t\n', '  ') AS failure,
  failure ->> 'replayed_as' AS replayed, failure ->> 'again_at' AS again_at, failure ->> 'late' AS late, payload ->> 'handover' AS handover, md5(payload ->> 'content') AS said FROM frontdesk.deliveries ORDER BY thread_id, seq
SQL
	$self->{checkpoints} = [ $self->rows(<<'SQL') ];
SELECT thread_id AS thread, seq, turn, node, next_node AS next, attempt, model, mail_seq AS mail, extract(epoch FROM created_at) AS made,
  concat_ws(' ', VARIADIC ARRAY(SELECT DISTINCT coalesce(m[1], m[2], 'v' || (m[3]::integer * 60 + m[4]::integer))
    FROM regexp_matches(concat_ws(' ', patch ->> 'content', patch ->> 'enclosed'), 'm(\d+)x, please|image: m(\d+)x|voice note, (\d+):(\d+)', 'g') m)) AS took
FROM frontdesk.checkpoints ORDER BY thread_id, seq
SQL
	$self->{mailbox} = [ $self->rows('SELECT thread_id AS thread, seq, kind FROM frontdesk.mailbox ORDER BY thread_id, seq') ];
	$self->{ready} = [ $self->rows(q{SELECT thread_id AS thread, due_at::text AS due, slot FROM frontdesk.ready WHERE slot IS NOT NULL OR due_at < frontdesk.clock() + interval '1 hour'}) ];
	push @{ $self->{handovers}{ $_->{thread} } }, "$_->{what} $_->{cause}"
	  for $self->rows(q{SELECT subject AS thread, substring(action from '\.(.*)') AS what, detail ->> 'cause' AS cause FROM frontdesk.audit WHERE action IN ('conversation.taken_over', 'conversation.given_back') ORDER BY id});
	# what has no words, and what has none any more, is known by its id
	my %by_id = map { $_->{id} => $_->{n} } values %{ $self->{torture}{messages} };
	$_->{n} = $by_id{ $_->{remote} } // '' for grep { $_->{n} eq '' } @{ $self->{messages} };
	$self->{thread_at} = { map { $_->{display} => $_->{id} } values %{ $self->{threads} } };
	$self->{delivery} = { map { marker_of($_) => $_ } @{ $self->{deliveries} } };
	$self->{successor} = { map { ("$_->{thread}/$_->{replayed}" => $_) } grep { $_->{replayed} ne '' } @{ $self->{deliveries} } };
	$self->{by_marker} = {};
	for my $effect (@{ $self->{torture}{effects} // [] })
	{
		push @{ $self->{by_marker}{ $effect->{body}{content_attributes}{frontdesk} // '' } }, $effect;
	}
	return;
}

# ---- what must be at rest ----

sub judge_threads
{
	my ($self) = @_;

	for my $thread (values %{ $self->{threads} })
	{
		$self->blame(stuck => $thread->{id}, "its thread is $thread->{rest}: $thread->{reason}") if $thread->{rest} ne 'idle';
		$self->blame(stuck => $thread->{id}, "worker $thread->{slot} still owns it") if $thread->{slot} ne '';
	}
	$self->blame(stuck => $_->{thread}, "mail $_->{seq} ($_->{kind}) waits in its mailbox") for @{ $self->{mailbox} };
	$self->blame(stuck => $_->{thread}, "it is ready since $_->{due}" . ($_->{slot} ne '' ? ", owned by worker $_->{slot}" : '')) for @{ $self->{ready} };
	for (@{ $self->{deliveries} })
	{
		$self->blame(stuck => $_->{thread}, "delivery $_->{seq} ($_->{kind}) is $_->{status}") if $_->{status} =~ /^(?:pending|sending|uncertain)$/;
		$self->note("deliveries dead: $_->{failure}") if $_->{status} eq 'dead';
		$self->note('deliveries withdrawn') if $_->{status} eq 'withdrawn';
	}
	return;
}

# ---- every acknowledged message is stored, once ----

sub judge_messages
{
	my ($self) = @_;
	my %stored;

	for my $row (grep { $_->{direction} eq 'incoming' && $_->{n} ne '' } @{ $self->{messages} })
	{
		push @{ $stored{ $row->{n} } }, $row;
	}
	for my $message (grep { $_->{kind} ne 'person' } values %{ $self->{torture}{messages} })
	{
		my @rows = @{ $stored{ $message->{n} } // [] };
		my $told = "message $message->{n} of conversation $message->{display}";

		$self->blame(lost => undef, "$told was acknowledged and is not stored") if $message->{acknowledged} && !@rows;
		$self->blame(duplicated => $rows[0]{thread}, "$told is stored " . @rows . ' times') if @rows > 1;
		$self->blame(disorder => $rows[0]{thread}, "$told is in another conversation") if @rows && $self->{threads}{ $rows[0]{thread} }{display} != $message->{display};
		$self->note('messages stored and not acknowledged') if @rows && !$message->{acknowledged};
	}
	$self->{stored} = \%stored;
	return;
}

# ---- every message is in one turn, every turn has one answer ----

# Turns by "<thread> <number>", each with its messages and its deliveries.  A
# delivery was written behind a checkpoint of its turn, in the same commit.  What waits
# for a function of an account goes on under another number: it is one turn here.
sub gather_turns
{
	my ($self) = @_;
	my (%turns, %of_thread, %last);

	for my $row (@{ $self->{checkpoints} })
	{
		my $before = $last{ $row->{thread} };
		$turns{"$row->{thread} $row->{turn}"} //= $turns{"$before->{thread} $before->{turn}"} if $before && $before->{next} ne '';
		$last{ $row->{thread} } = $row;
		my $turn = $turns{"$row->{thread} $row->{turn}"} //= { thread => $row->{thread}, number => $row->{turn}, made => $row->{made}, took => {}, deliveries => [] };
		$turn->{took}{$_} = 1 for split ' ', $row->{took};
		push @{ $of_thread{ $row->{thread} } }, [ $row->{made}, $turn ];
	}
	for my $delivery (@{ $self->{deliveries} })
	{
		my ($last) = grep { $_->[0] <= $delivery->{made} } reverse @{ $of_thread{ $delivery->{thread} } // [] };
		push @{ $last->[1]{deliveries} }, $delivery if $last;
	}
	my %seen;
	return grep { !$seen{$_}++ } values %turns;
}

sub is_answer { my ($delivery) = @_; return $delivery->{kind} eq 'reply' || $delivery->{kind} eq 'note' }
sub marker_of { my ($delivery) = @_; return "$delivery->{thread}/$delivery->{seq}" }
sub thread_of { my ($self, $message) = @_; return $self->{thread_at}{ $message->{display} } }
sub house_of { my ($self, $thread) = @_; return $self->{torture}{traffic}{place}{ $self->{threads}{$thread}{display} } // '' }
sub deliveries_of { my ($self, $thread) = @_; return of($self->{deliveries}, $thread) }
sub has_given_back { my ($self, $thread) = @_; return scalar grep { /^given_back/ } @{ $self->{handovers}{$thread} // [] } }

# Whether it was made to send another one once more.
sub is_successor { my ($self, $delivery) = @_; return $self->{successor}{ marker_of($delivery) } }
sub is_with_people { my ($self, $thread) = @_; return $self->{threads}{$thread}{handled_by} eq 'human' }

# Why a turn counts as answered; undef when it was not.
sub answer_of
{
	my ($self, $turn) = @_;
	my @answers = grep { is_answer($_) } @{ $turn->{deliveries} };

	return 'answer' if grep { $self->{by_marker}{ marker_of($_) } } @answers;
	return 'dead letter' if grep { $_->{status} eq 'dead' } @answers;
	return 'person' if $self->is_with_people($turn->{thread});
	return 'person who spoke' if !grep { !$self->is_answered_by_person($_) } map { @{ $self->{stored}{s/^v//r} // [] } } keys %{ $turn->{took} };
	return 'deletion' if !grep { !$self->is_taken_back($_) } keys %{ $turn->{took} };
	return;
}

# Whether a message, by its number, was deleted: then it may be unanswered.
sub is_taken_back
{
	my ($self, $n) = @_;
	my $message = $self->{torture}{messages}{ $n =~ s/^v//r } // {};
	return ($message->{kind} // '') eq 'deleted' && defined $message->{went_on};
}

# Whether nobody but a person has answered it: one spoke after it.
sub is_answered_by_person
{
	my ($self, $row) = @_;
	return scalar grep { $_->{author} eq 'human' && $_->{private} eq 'f' && $_->{seq} > $row->{seq} } of($self->{messages}, $row->{thread});
}

# What was written while a person had the conversation is read as its history when
# more comes together with its return.
sub is_read_on_return
{
	my ($self, $row) = @_;
	return 0 unless $self->has_given_back($row->{thread});
	return scalar grep { $_->{made} > $row->{made} && is_answer($_) && $_->{kind} eq 'reply' && $self->{by_marker}{ marker_of($_) } } of($self->{deliveries}, $row->{thread});
}

# Whether a turn has come to nothing, so that what it had read is read again: the
# provider refused its reply, or that was withdrawn, for what it was about was deleted.
sub is_void
{
	my ($self, $turn) = @_;
	return scalar grep { $_->{kind} eq 'reply' && ($_->{status} eq 'withdrawn' || $self->{torture}{refused}{ marker_of($_) }) } @{ $turn->{deliveries} };
}

# The steps of a turn whose message was deleted are emptied, so that of the others
# that it took in only the numbers of its mail tell.
sub is_answered_beside_deletion
{
	my ($self, $row) = @_;
	return 0 unless grep { $self->is_taken_back($_->{n}) } grep { $_->{n} ne '' } of($self->{messages}, $row->{thread});
	my ($reader) = grep { ($_->{mail} || 0) >= $row->{seq} } of($self->{checkpoints}, $row->{thread}) or return 0;
	return scalar grep { is_answer($_) && $_->{made} >= $reader->{made} && $self->{by_marker}{ marker_of($_) } } of($self->{deliveries}, $row->{thread});
}

# Whether a message was read by a turn that had more to read than the history
# holds: then its text is not among those that the turn shows.
sub is_beyond_history
{
	my ($self, $message) = @_;
	my $thread = $message->{thread};
	my ($reader) = sort { $a <=> $b } grep { $_ >= $message->{seq} } map { $_->{mail} || 0 } of($self->{checkpoints}, $thread);
	return 0 unless defined $reader;
	my $later = 0;

	for my $other (grep { $_->{seq} > $message->{seq} && $_->{private} eq 'f' } of($self->{messages}, $thread))
	{
		last if $other->{seq} > $reader && $other->{direction} eq 'incoming';
		$later++;
	}
	return $later >= HISTORY;
}

sub judge_turns
{
	my ($self) = @_;
	my (%taken, %void, %handed);
	my @turns = $self->gather_turns;

	for my $turn (@turns)
	{
		$handed{"$turn->{thread} $turn->{number}"} = 1 if grep { $_->{handover} ne '' } @{ $turn->{deliveries} };
		push @{ ($self->is_void($turn) ? \%void : \%taken)->{$_} }, $turn->{number} for keys %{ $turn->{took} };
	}
	for my $turn (@turns)
	{
		# an approved draft leaves when a person says so, whatever turn it is
		my @replies = grep { $_->{kind} eq 'reply' && !$self->is_successor($_) && $_->{handover} eq '' && $self->house_of($turn->{thread}) ne 'careful' } @{ $turn->{deliveries} };
		my $how = $self->answer_of($turn);

		$self->blame(duplicated => $turn->{thread}, "turn $turn->{number} has " . @replies . ' replies') if @replies > 1;
		$self->blame(duplicated => $turn->{thread}, "turn $turn->{number} tells of a hand-over more than once") if (grep { $_->{kind} eq 'reply' && $_->{handover} ne '' && !$self->is_successor($_) } @{ $turn->{deliveries} }) > 1;
		$self->note("turns ended by a $how") if defined $how && $how ne 'answer';
		# what another turn has read again is answered there
		my @left = grep { !$self->is_void($turn) || !$taken{$_} } sort keys %{ $turn->{took} };
		$self->blame(lost => $turn->{thread}, "turn $turn->{number} has no answer in the world; it took in: @left") unless defined $how || !@left;
	}
	for my $n (sort { $a <=> $b } keys %{ $self->{stored} })
	{
		my $thread = $self->{stored}{$n}[0]{thread};
		my $row = $self->{stored}{$n}[0];
		my $message = $self->{torture}{messages}{$n};
		# a voice note is heard of, and its words, when they come, are read
		my $is_heard = $message->{kind} eq 'voice' || ($message->{kind} eq 'transcribed' && !$message->{done});
		my @read = @{ $taken{ $is_heard ? "v$n" : $n } // [] };
		@read = @{ $taken{$n} // [] } if $is_heard && !@read;

		# a draft that is overtaken by another has answered nothing
		# what a turn gave to people and they gave back is read again: a hand-over answers nothing
		my @answering = grep { !$handed{"$thread $_"} } @read;
		$self->blame(duplicated => $thread, "message $n was taken in by turns @read")
		  if @read > 1 && $self->house_of($thread) ne 'careful' && (@answering > 1 || !$self->has_given_back($thread));
		next if @read || $void{$n} || $void{"v$n"} || $self->is_with_people($thread);
		next if $self->is_taken_back($n) && $self->note('messages deleted before they were answered');
		next if $self->is_answered_by_person($row) && $self->note('messages answered by a person');
		next if $self->is_answered_beside_deletion($row);
		next if $self->is_read_on_return($row) && $self->note('messages read as history when a conversation came back');
		next if $self->is_beyond_history($row) && $self->note('messages at the beginning of a burst longer than the history that agents are shown');
		$self->blame(lost => $thread, "message $n is stored and no turn took it in");
	}
	return;
}

# ---- every delivery took effect once ----

sub judge_effects
{
	my ($self) = @_;
	my %decided = map { marker_of($_) => $_ } grep { is_answer($_) } @{ $self->{deliveries} };
	my %shown;

	$shown{ $_->{marker} }++ for grep { $_->{direction} eq 'outgoing' && $_->{marker} ne '' } @{ $self->{messages} };
	for my $marker (keys %{ $self->{by_marker} })
	{
		my @effects = @{ $self->{by_marker}{$marker} };
		my ($thread) = $marker =~ m{^(.*)/};

		$self->blame(duplicated => $thread, "the world saw $marker " . @effects . ' times') if @effects > 1;
		$self->blame(duplicated => $thread, "the world saw $marker, which nobody has decided") unless $decided{$marker};
		$self->blame(lost => $thread, "$marker was said and is no message of ours") unless $shown{$marker};
		$self->blame(duplicated => $thread, "$marker is a message of ours $shown{$marker} times") if ($shown{$marker} // 0) > 1;
	}
	for my $marker (keys %decided)
	{
		$self->blame(lost => $decided{$marker}{thread}, "$marker is settled as sent and the world never saw it")
		  if $decided{$marker}{status} eq 'sent' && !$self->{by_marker}{$marker};
	}
	return;
}

# ---- everything in its order ----

sub judge_order
{
	my ($self) = @_;
	my (%last, %lane, %told);

	for my $effect (@{ $self->{torture}{effects} // [] })
	{
		my ($thread, $seq) = ($effect->{body}{content_attributes}{frontdesk} // '') =~ m{^(.*)/(\d+)$} or next;
		$self->blame(disorder => $thread, "the world saw $seq after $last{$thread}") if $seq < ($last{$thread} // 0);
		$last{$thread} = $seq;
	}
	for my $delivery (@{ $self->{deliveries} })
	{
		my $before = $lane{ $delivery->{thread} };
		$self->blame(disorder => $delivery->{thread}, "delivery $delivery->{seq} was sent before $before->{seq} was settled")
		  if $before && $before->{late} eq '' && $delivery->{sent} ne '' && ($before->{settled} eq '' || $delivery->{sent} < $before->{settled} - 0.005);
		$lane{ $delivery->{thread} } = $delivery;
	}
	# what was acknowledged before another was sent has the smaller number
	for my $row (grep { $_->{direction} eq 'incoming' && $_->{n} ne '' } @{ $self->{messages} })
	{
		my $message = $self->{torture}{messages}{ $row->{n} } or next;
		next if $message->{kind} eq 'transcribed' && $message->{went_on};    # it stands where its words came
		my $latest = $told{ $row->{thread} };
		$self->blame(disorder => $row->{thread}, "message $row->{n} has number $row->{seq}, but was acknowledged before $latest->{n} was sent")
		  if $latest && defined $message->{acknowledged} && $message->{acknowledged} < $latest->{sent};
		$told{ $row->{thread} } = $message if !$latest || $message->{sent} > $latest->{sent};
	}
	return;
}

# ---- nothing of ours fell over but what was pushed ----

# A worker that stands still holds its locks; others give up waiting for them.
my $expected = qr/administrator command|lock timeout|recovery mode|not yet accepting|starting up|shutting down|crash of another server process/;

sub judge_server_log
{
	my ($self) = @_;
	my %seen;

	for ($self->{torture}->server_log)
	{
		my ($who, $text) = /\] (pg_frontdesk \S+|.+) (?:ERROR|FATAL|PANIC):\s+(.*)/ or next;
		next unless $who =~ /^pg_frontdesk/ || / PANIC: /;
		next if $text =~ $expected;
		$self->blame(errors => undef, "$who: $text") unless $seen{"$who $text"}++;
	}
	return;
}

# ---- for people ----

sub spread
{
	my @sorted = sort { $a <=> $b } @_ or return 'none measured';
	return sprintf 'p50 %.2f s, max %.2f s (%d measured)', $sorted[ $#sorted / 2 ], $sorted[-1], scalar @sorted;
}

sub table
{
	my ($counts) = @_;
	return join ', ', map { "$_ $counts->{$_}" } sort keys %$counts;
}

sub sum { my $sum = 0; $sum += $_ for @_; return $sum }

sub report
{
	my ($self) = @_;
	my $torture = $self->{torture};
	my @messages = values %{ $torture->{messages} };
	my ($all, $from_ready, $slowest) = $torture->recoveries;
	my @lines = (
		sprintf('seed %s, schedule %s: %.1f minutes and %.0f s until rest', $torture->{seed}, $torture->plan->digest, $torture->{seconds} / 60, $torture->{rested} - $torture->{ended}),
		sprintf('messages: %d sent, %d acknowledged, %d told again; in %d conversations; %d replies and notes', scalar @messages,
			scalar(grep { $_->{acknowledged} } @messages), $torture->{repeated} // 0, scalar keys %{ $self->{threads} }, scalar @{ $torture->{effects} // [] }),
		'webhook answers: ' . table($torture->{sender}{statuses}),
		sprintf('kills: %d (%s)', sum(values %{ $torture->{kills_by_kind} }), table($torture->{kills_by_kind})),
		(%{ $torture->{skipped} } ? 'kills that met nobody: ' . table($torture->{skipped}) : ()),
		sprintf('provider faults: %d (%s)', sum(values %{ $torture->{faults} }), table($torture->{faults})),
		(map { "$_: $self->{notes}{$_}" } sort keys %{ $self->{notes} }),
		'recovery, from a kill to the next reply: ' . spread(@$all) . "; slowest: $slowest",
		'recovery, from "ready to accept connections": ' . spread(@$from_ready),
		sprintf('lost %d, duplicated %d, stuck %d, order violations %d, errors in the server %d', map { $self->{count}{$_} } @counts),
	);
	return @lines;
}

# The rows of the first conversations that failed.
sub evidence
{
	my ($self) = @_;
	my (@lines, %seen);

	for my $fault (@{ $self->{faults} })
	{
		my $thread = $fault->{thread};
		last if @lines > 400;
		push @lines, '', "$fault->{kind}: $fault->{what}" . (defined $thread && $self->{threads}{$thread} ? " (conversation $self->{threads}{$thread}{display}, thread $thread)" : '');
		next if !defined $thread || $seen{$thread}++;
		push @lines, map { "    $_" } $self->story($thread);
	}
	return @lines;
}

sub of { my ($rows, $thread) = @_; return grep { $_->{thread} eq $thread } @$rows }

sub story
{
	my ($self, $thread) = @_;
	my $row = $self->{threads}{$thread};
	my $base = $self->{torture}{started};

	return (
		$row ? join(' ', 'thread:', map { "$_ $row->{$_}" } sort keys %$row) : 'no such thread',
		(map { my $m = $self->{torture}{messages}{ $_->{n} || 0 };
			"message $_->{seq} $_->{direction} $_->{author}" . ($m && $m->{kind} ne 'words' ? " $m->{kind}" : '') . ($_->{n} ne '' ? " m$_->{n}x" : '') . " remote $_->{remote} $_->{marker}"
			  . ($m ? sprintf(' sent %.3f acknowledged %.3f', $m->{sent} - $base, ($m->{acknowledged} // $base) - $base) : '') } of($self->{messages}, $thread)),
		(map { my $m = $self->{torture}{messages}{ $_->{n} || 0 }; $m && $m->{went_on} ? sprintf('later of m%dx: sent %.3f acknowledged %.3f', $m->{n}, $m->{went_on} - $base, ($m->{done} // $base) - $base) : () } of($self->{messages}, $thread)),
		'handovers: ' . join(', ', @{ $self->{handovers}{$thread} // [] }),
		(map { my $r = $self->{torture}{refused}{$_}; m{^\Q$thread\E/} ? sprintf('refused %s: %s sent %.3f acknowledged %.3f', $_, $r->{error}, $r->{sent} - $base, ($r->{acknowledged} // $base) - $base) : () } sort keys %{ $self->{torture}{refused} }),
		(map { sprintf 'checkpoint %d turn %d %s -> %s attempt %d %s %.3f took %s', @$_{qw(seq turn node next attempt model)}, $_->{made} - $base, $_->{took} } of($self->{checkpoints}, $thread)),
		(map { sprintf 'delivery %d %s %s attempts %d remote %s made %.3f sent %s settled %s %s', @$_{qw(seq kind status attempts remote)}, $_->{made} - $base,
			(map { $_ eq '' ? '-' : sprintf '%.3f', $_ - $base } $_->{sent}, $_->{settled}), $_->{failure} } of($self->{deliveries}, $thread)),
		(map { sprintf 'world: id %d %s %.3f', $_->{id}, $_->{body}{content_attributes}{frontdesk}, $self->{torture}->wall($_->{ms}) - $base }
			grep { ($_->{body}{content_attributes}{frontdesk} // '') =~ m{^\Q$thread\E/} } @{ $self->{torture}{effects} // [] }),
	);
}

1;
