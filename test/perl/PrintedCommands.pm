# PrintedCommands.pm: the commands that a page of the documentation prints, and
# whether they do what the page says.
#
#	my @steps = PrintedCommands::steps('docs/tutorial.md');
#	my $session = PrintedCommands->new($desk, %environment);
#	my $wrong = $session->run($step);               # '' or what differs
#
# Fences that are run, in the order of the page, in one session of psql:
#	```sql	typed into psql
#	```sh	run by sh from psql, which stops at the first command that fails
#	```text	behind one of these: what it prints
# In expected text … stands for anything on its line, and a line that is
# nothing but … for any lines.  Blanks and the dashes of table heads count once.
# Other fences are not run: console (root's commands, or another machine's),
# ini, nginx and such.  A comment <!-- test: name --> is a step of the test's
# own: what the outside world does there.
package PrintedCommands;

use strict;
use warnings;
use utf8;

use Cwd qw(getcwd);
use Encode qw(decode);
use File::Temp;
use IPC::Open3;

sub slurp
{
	open my $in, '<:encoding(UTF-8)', $_[0] or die "$_[0]: $!";
	local $/;
	return scalar <$in>;
}

# What a page consists of: {kind, line, text, expected} each.
sub steps
{
	my ($page) = @_;
	my (@steps, $open);
	my $line = 0;

	for (split /\n/, slurp($page))
	{
		$line++;
		if ($open && /^\s*```\s*$/) { undef $open }
		elsif ($open) { $open->{text} .= "$_\n" }
		elsif (/^\s*```(\w*)/)
		{
			$open = { kind => $1 || 'text', line => $line, text => '' };
			push @steps, $open;
		}
		elsif (/^<!-- test: (\w+) -->/) { push @steps, { kind => 'test', line => $line, text => $1 } }
	}
	return attach_expected(@steps);
}

# Text right behind a command is what the command prints.
sub attach_expected
{
	my @steps;

	for my $step (@_)
	{
		if ($step->{kind} eq 'text' && @steps && $steps[-1]{kind} =~ /^(?:sql|sh)$/ && !defined $steps[-1]{expected})
		{
			$steps[-1]{expected} = $step->{text};
		}
		else { push @steps, $step }
	}
	return @steps;
}

# What the page says of the state it starts from, in small letters.
sub starts_from
{
	return slurp($_[0]) =~ /^Starts from: (.+?)\.\n(?:\n|\z)/ms ? lc($1 =~ s/\s+/ /gr) : undef;
}

sub new
{
	my ($class, %option) = @_;
	my $self = bless { replace => $option{replace} // {}, seconds => $option{seconds} // 150, serial => 0 }, $class;
	local %ENV = (%ENV, %{ $option{environment} });

	$self->{dir} = File::Temp->newdir;
	my $here = getcwd();
	chdir $self->{dir} or die "$self->{dir}: $!";
	$self->{pid} = open3($self->{in}, $self->{out}, undef, qw(stdbuf -oL psql -X));
	chdir $here;
	binmode $self->{in}, ':encoding(UTF-8)';
	$self->{in}->autoflush(1);
	return $self;
}

# Where psql was started: what a page keeps in files is here.
sub directory { return "$_[0]{dir}" }

sub DESTROY
{
	my ($self) = @_;
	local ($?, $@);
	close $self->{in};
	kill 'TERM', $self->{pid};
	waitpid $self->{pid}, 0;
	return;
}

# Types into psql and returns what came of it, errors in their place.
sub type
{
	my ($self, $text) = @_;
	my $mark = '== done with ' . ++$self->{serial} . ' ==';
	my $printed = '';

	return "ERROR: psql was given up before\n" if $self->{late};
	print { $self->{in} } "$text\n\\echo $mark\n";
	eval
	{
		local $SIG{ALRM} = sub { die "late\n" };
		alarm $self->{seconds};
		while (defined(my $line = readline $self->{out}))
		{
			$line = decode('UTF-8', $line);
			last if $line eq "$mark\n";
			$printed .= $line;
		}
		alarm 0;
		1;
	} or $self->{late} = 1;
	$printed .= "ERROR: nothing more for $self->{seconds} seconds\n" if $self->{late};
	return $printed;
}

sub type_shell
{
	my ($self, $text) = @_;
	my $file = "$self->{dir}/step" . ++$self->{serial} . '.sh';

	open my $out, '>:encoding(UTF-8)', $file or die "$file: $!";
	print $out $text;
	close $out;
	return $self->type("\\! sh -eu $file 2>&1 || echo \"ERROR: the shell ended with \$?\"");
}

# Runs a step and returns what it printed that the page did not say, else ''.
sub run
{
	my ($self, $step) = @_;
	my $text = $step->{text};

	for my $printed (keys %{ $self->{replace} }) { $text =~ s/\Q$printed\E/$self->{replace}{$printed}/g }
	my $printed = $step->{kind} eq 'sh' ? $self->type_shell($text) : $self->type($text);
	for my $real (keys %{ $self->{replace} }) { $printed =~ s/\Q$self->{replace}{$real}\E/$real/g }
	$self->{printed} = $printed;
	return differs($printed, $step->{expected});
}

sub differs
{
	my ($printed, $expected) = @_;

	return $printed =~ /^(?:ERROR|FATAL|psql:|invalid command|\\\w+: )/m ? "failed:\n$printed" : ''
	  unless defined $expected;
	return '' if squeeze($printed) =~ pattern($expected);
	return "printed:\n${printed}and not, as the page says:\n$expected";
}

sub squeeze
{
	my ($text) = @_;
	my @lines = map { s/[ \t]+/ /gr =~ s/-{2,}/--/gr =~ s/^ | $//gr } split /\n/, $text;

	return join '', map { "$_\n" } grep { $_ ne '' } @lines;
}

sub pattern
{
	my ($expected) = @_;
	my $pattern = '';

	for (split /\n/, squeeze($expected))
	{
		if ($_ eq '…') { $pattern .= '(?:[^\n]*\n)*'; next }
		$pattern .= join('[^\n]*', map { quotemeta } split(/…/, $_, -1)) . '\n';
	}
	return qr/\A$pattern\z/;
}

1;
