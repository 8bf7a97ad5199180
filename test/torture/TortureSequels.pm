# TortureSequels.pm: the part of a verdict that is about what came later: what was
# deleted, refused, taken over, given back, decided; echoes, and functions of an account.
#
#	TortureSequels::judge($verdict);    # blames as TortureVerdict.pm does
#
# Each judgement goes by what the sender was acknowledged, and when; what was on its
# way then may still come.
package TortureSequels;

use strict;
use warnings;

sub judge
{
	my ($verdict) = @_;

	judge_deletions($verdict);
	judge_refusals($verdict);
	judge_takeovers($verdict);
	judge_handovers($verdict);
	judge_drafts($verdict);
	judge_echoes($verdict);
	judge_tools($verdict);
	return;
}

sub of_kind { my ($verdict, $kind) = @_; return grep { $_->{kind} eq $kind } values %{ $verdict->{torture}{messages} } }

# Rows of a table that still hold a word of the form m17x: number and place.  What was
# said to the customer, or was on its way then, stays as it was said.
my $traces = <<'SQL';
SELECT DISTINCT m[1] AS n, place FROM (
  SELECT 'messages' AS place, content || ' ' || coalesce(content_attributes::text, '') AS told FROM frontdesk.messages WHERE direction = 'incoming' OR private
  UNION ALL SELECT 'threads', state::text FROM frontdesk.threads
  UNION ALL SELECT 'mailbox', payload::text FROM frontdesk.mailbox
  UNION ALL SELECT 'checkpoints', concat(patch, snapshot) FROM frontdesk.checkpoints
  UNION ALL SELECT 'deliveries', payload::text FROM frontdesk.deliveries WHERE kind <> 'reply' OR sent_at IS NULL
  UNION ALL SELECT 'reply_drafts', content FROM frontdesk.reply_drafts
) AS t, regexp_matches(told, 'm(\d+)x', 'g') AS m
SQL

# A deleted message may be unanswered; its words are nowhere, and nothing is made
# of them any more.
sub judge_deletions
{
	my ($verdict) = @_;
	my %deleted = map { $_->{n} => $_ } grep { $_->{done} } of_kind($verdict, 'deleted') or return;

	# people are told what a reply said that did not arrive
	for my $effect (grep { $verdict->{torture}{refused}{ $_->{body}{content_attributes}{frontdesk} // '' } } @{ $verdict->{torture}{effects} // [] })
	{
		my ($n) = ($effect->{body}{content} // '') =~ /m(\d+)x/ or next;
		$verdict->note('refused replies whose message was deleted') if delete $deleted{$n};
	}

	for my $trace ($verdict->rows($traces))
	{
		my $message = $deleted{ $trace->{n} } or next;
		$verdict->blame(stuck => $verdict->thread_of($message), "message $message->{n} was deleted, and its words are still in $trace->{place}");
	}
	for my $effect (@{ $verdict->{torture}{effects} // [] })
	{
		my ($n) = ($effect->{body}{content} // '') =~ /m(\d+)x/ or next;
		my $message = $deleted{$n} or next;
		my $delivery = $verdict->{delivery}{ $effect->{body}{content_attributes}{frontdesk} // '' } or next;
		$verdict->note('answers that were under way when their message was deleted');
		$verdict->blame(disorder => $delivery->{thread}, "message $n was deleted, and delivery $delivery->{seq} made of it afterwards")
		  if $delivery->{made} > $message->{done};
	}
	return;
}

# A reply that the provider refused is not delivered: it was sent once more, or was
# answered anew, or people have it.  What nobody refused is sent once.
sub judge_refusals
{
	my ($verdict) = @_;
	my $refused = $verdict->{torture}{refused};

	for my $marker (sort keys %$refused)
	{
		my $delivery = $verdict->{delivery}{$marker};
		next unless $delivery && $refused->{$marker}{acknowledged};
		my $what = "reply $delivery->{seq} was refused by the provider ($refused->{$marker}{error})";
		my $fate = $delivery->{replayed} ne '' ? 'sent once more' : $delivery->{status} eq 'withdrawn' ? 'answered anew' : $delivery->{status} eq 'dead' ? 'given to people' : undef;

		$verdict->note("replies refused later and $fate") if $fate;
		$verdict->blame(stuck => $delivery->{thread}, "$what, and counts as $delivery->{status}") unless $fate;
		$verdict->blame(stuck => $delivery->{thread}, "$what, and waits to be sent again") if $delivery->{again_at} ne '' && $delivery->{status} eq 'dead';
		$verdict->blame(lost => $delivery->{thread}, "$what, and no person has it")
		  if ($fate // '') eq 'given to people' && $delivery->{again_at} eq '' && !$verdict->is_with_people($delivery->{thread}) && !$verdict->has_given_back($delivery->{thread});
	}
	for my $delivery (grep { $_->{replayed} ne '' } @{ $verdict->{deliveries} })
	{
		my $marker = "$delivery->{thread}/$delivery->{seq}";
		$verdict->blame(duplicated => $delivery->{thread}, "reply $delivery->{seq} was sent again as $delivery->{replayed}, though nobody had refused it") unless $refused->{$marker};
	}
	return;
}

# Where a person has spoken nothing new is made of the bot's, until the conversation
# is given back; then it is the bot's.
sub judge_takeovers
{
	my ($verdict) = @_;

	for my $message (grep { $_->{acknowledged} } of_kind($verdict, 'person'))
	{
		my $thread = $verdict->thread_of($message) // next;
		my $until = $message->{went_on} // 9e15;

		for my $delivery (grep { $_->{kind} eq 'reply' && $_->{made} > $message->{acknowledged} && $_->{made} < $until } $verdict->deliveries_of($thread))
		{
			$verdict->blame(disorder => $thread, "delivery $delivery->{seq} was made although a person had spoken (message $message->{n})");
		}
		my @turns = @{ $verdict->{handovers}{$thread} // [] };
		$verdict->blame(stuck => $thread, "a person gave it back (message $message->{n}), and has it still")
		  if $message->{done} && @turns && $turns[-1] eq 'taken_over reply';
		$verdict->note('conversations given back by people') if $message->{done};
		$verdict->note('conversations taken over by people');
	}
	return;
}

# Whose conversation the bot hands over is told so, unless a person had it already, or
# the provider has refused our words.
sub judge_handovers
{
	my ($verdict) = @_;
	my %told = map { $_->{thread} => 1 } grep { $_->{kind} eq 'reply' && $_->{handover} ne '' } @{ $verdict->{deliveries} };

	for my $thread (sort keys %{ $verdict->{handovers} })
	{
		my ($cause) = map { /^taken_over (.*)/ && $1 !~ /^(?:reply|assignment|a reply could not be sent|command)/ ? $1 : () } @{ $verdict->{handovers}{$thread} };
		next unless defined $cause;
		$verdict->note("conversations handed over: $cause");
		$verdict->blame(lost => $thread, "it was handed over ($cause) without a word to the customer") unless $told{$thread};
	}
	return;
}

# A draft that a person has decided on does not wait any more; an approved one has left,
# once, in the words that were approved.
sub judge_drafts
{
	my ($verdict) = @_;
	my (%approved, %left, %shown);

	for my $delivery (grep { $_->{kind} eq 'reply' && $_->{handover} eq '' && !$verdict->is_successor($_) } @{ $verdict->{deliveries} })
	{
		push @{ $left{ $delivery->{thread} } }, $delivery->{said};
	}
	for my $marker (keys %{ $verdict->{torture}{decided} })
	{
		my $decided = $verdict->{torture}{decided}{$marker};
		my $note = $verdict->{delivery}{$marker} or next;
		$shown{ $note->{thread} } = $note->{made} if $decided->{acknowledged} && $note->{made} > ($shown{ $note->{thread} } // 0);
	}
	for my $draft ($verdict->rows(q{SELECT conversation_id AS thread, status, extract(epoch FROM created_at) AS made, md5(coalesce(decided_content, content)) AS said FROM frontdesk.reply_drafts}))
	{
		$verdict->note("drafts $draft->{status}");
		push @{ $approved{ $draft->{thread} } }, $draft->{said} if $draft->{status} eq 'approved';
		$verdict->blame(stuck => $draft->{thread}, 'a draft waits although a person decided on it') if $draft->{status} eq 'open' && $draft->{made} <= ($shown{ $draft->{thread} } // 0);
	}
	for my $thread (grep { $verdict->house_of($_) eq 'careful' } keys %{ $verdict->{threads} })
	{
		my ($approved, $left) = map { join ' ', sort @{ $_->{$thread} // [] } } \%approved, \%left;
		next if $approved eq $left;
		$verdict->blame(@{ $left{$thread} // [] } > @{ $approved{$thread} // [] } ? 'duplicated' : 'lost', $thread, "what was approved is not what has left: ($approved) and ($left)");
	}
	return;
}

# What the channel told as somebody else's stays ours.
sub judge_echoes
{
	my ($verdict) = @_;
	my $torture = $verdict->{torture};
	my %person = map { $_->{id} => 1 } of_kind($verdict, 'person');

	$verdict->note('replies told as somebody else\'s') for keys %{ $torture->{strangers} };
	for my $row (grep { $_->{direction} eq 'outgoing' && $_->{private} eq 'f' && $_->{marker} eq '' && !$person{ $_->{remote} } } @{ $verdict->{messages} })
	{
		$verdict->blame(duplicated => $row->{thread}, "message $row->{seq} ($row->{author}) is a reply of ours, told as somebody else's");
	}
	return;
}

# A function leaves what it has done once for each run.
sub judge_tools
{
	my ($verdict) = @_;

	for my $run ($verdict->rows('SELECT run, thread_id AS thread, count(*) AS times FROM shop.looked GROUP BY run, thread_id'))
	{
		$verdict->note('runs of a function of an account');
		$verdict->blame(duplicated => $run->{thread}, "run $run->{run} has left what it does $run->{times} times") if $run->{times} > 1;
	}
	return;
}

1;
