# What the checks of this directory know about C as this house writes it: the
# name of a function stands at the beginning of a line, its body between braces
# in the first column.
package Sources;
use strict;
use warnings;
use Exporter qw(import);

our @EXPORT = qw(c_files slurp without_comments functions_of explained_prototypes);

sub c_files { return map { glob "src/$_" } '*.c', '*/*.c' }

sub slurp
{
	open my $in, '<', $_[0] or die "$_[0]: $!\n";
	local $/;
	return scalar <$in>;
}

# The text with comments and what strings hold blanked; lines keep their numbers.
sub without_comments
{
	my ($text) = @_;

	$text =~ s{(/\*.*?\*/)|("(?:[^"\\\n]|\\.)*")|('(?:[^'\\\n]|\\.)+')}
	  {defined $1 ? $1 =~ s/[^\n]+/ /gr : defined $2 ? '""' : "' '"}gse;
	return $text;
}

# Whether text ends with a comment that says something: a rule over a section
# of the file says nothing of the function that comes first below it.
sub is_explained { return $_[0] =~ m{/\*(?!\s*-{2})(?:(?!\*/).)*\*/[ \t]*\n\z}s ? 1 : 0 }

# Names of the functions whose prototypes have a comment above them.
sub explained_prototypes
{
	my ($text) = @_;
	my %explained;

	while ($text =~ /^(?:extern|static)\s[^;{}()=]*?(\w+)\([^;{}]*\)[^;{}()]*;/gm)
	{
		my ($name, $start) = ($1, $-[0]);

		$explained{$name} = 1 if is_explained(substr $text, 0, $start);
	}
	return \%explained;
}

# The functions a file defines, in its order: name, whether static, line, lines
# of the body, and whether a comment ends right above.
sub functions_of
{
	my ($text) = @_;
	my @functions;

	while ($text =~ /^((?:\w[\w \t*]*\n)?)(\w+)\(([^;{}]*)\)[^;{}\n]*\n\{\n(.*?)^\}/gms)
	{
		my ($type, $name, $body, $line) = ($1, $2, $4, 1 + (substr($text, 0, $-[2]) =~ tr/\n//));
		my $above = substr $text, 0, $-[0];

		push @functions, {
			name => $name,
			is_static => $type =~ /\bstatic\b/ ? 1 : 0,
			line => $line,
			lines => $body =~ tr/\n//,
			is_explained => is_explained($above),
		};
	}
	return @functions;
}

1;
