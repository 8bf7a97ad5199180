# RequestFixture.pm: what a recorded request must look like, told by a file.
#
#	my @faults = RequestFixture->read_file('router.json')->faults($record);
#
# A fixture is one JSON document: {"purpose", "method", "path", "headers",
# "body"}.  Objects must have exactly the members that the fixture has, and
# values must be equal, but for these objects, which stand for a value:
#	{"$match": "regular expression"}	a string that matches
#	{"$type": "integer"}				any value of that type
#	{"$json": …}						a string of JSON that looks like this
#	{"$each": …}						an array, not empty, whose items look like this
# Of the headers, those not named do not matter; null means: not sent.
package RequestFixture;

use strict;
use warnings;

use JSON::PP;
use JsonSchema;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

sub read_file
{
	my ($class, $path) = @_;
	open my $file, '<:raw', $path or die "$path: $!";
	local $/;
	return bless $json->decode(<$file>), $class;
}

# What is wrong with a request as the stand-ins recorded it.
sub faults
{
	my ($self, $record) = @_;
	my %headers;

	$headers{$_} = $record->{headers}{$_} for keys %{ $self->{headers} };
	return (compare($self->{method}, $record->{method}, 'method'),
		compare($self->{path}, $record->{path}, 'path'),
		compare($self->{headers}, \%headers, 'headers'),
		compare($self->{body}, $record->{body}, 'body'));
}

my %stand_in = (
	'$match' => sub { my ($want, $got) = @_; return JsonSchema::is_string($got) && $got =~ /$want/s ? () : "does not match $want" },
	'$type' => sub { my ($want, $got) = @_; return JsonSchema->new({})->faults({ type => $want }, $got) },
	'$json' => sub { my ($want, $got, $place) = @_; my $inner = eval { JSON::PP->new->allow_nonref->decode($got) }; return defined $inner ? compare($want, $inner, "$place (inside)") : 'is no JSON' },
	'$each' => sub { my ($want, $got, $place) = @_; return ref $got eq 'ARRAY' && @$got ? map { compare($want, $got->[$_], "$place/$_") } 0 .. $#$got : 'is no array with items' },
);

sub compare
{
	my ($want, $got, $place) = @_;

	if (ref $want eq 'HASH')
	{
		my @names = sort keys %$want;
		return map { /^(?:body|headers|method|path)\b/ ? $_ : "$place: $_" } $stand_in{ $names[0] }->($want->{ $names[0] }, $got, $place)
		  if @names == 1 && $stand_in{ $names[0] };
		return "$place: is no object" unless ref $got eq 'HASH';
		my %all = map { $_ => 1 } @names, keys %$got;
		return map { !exists $want->{$_} ? "$place: has \"$_\""
			  : !exists $got->{$_} ? "$place: has no \"$_\""
			  : compare($want->{$_}, $got->{$_}, "$place/$_") } sort keys %all;
	}
	if (ref $want eq 'ARRAY')
	{
		return "$place: is no array of " . @$want . ' items' unless ref $got eq 'ARRAY' && @$got == @$want;
		return map { compare($want->[$_], $got->[$_], "$place/$_") } 0 .. $#$want;
	}
	return JsonSchema::same($want, $got) ? () : "$place: is " . $json->encode($got) . ', not ' . $json->encode($want);
}

1;
