# JsonSchema.pm: holds JSON documents against JSON Schemas, for tests.
#
#	my $schema = JsonSchema->read_file('contracts/openai.json');
#	my @faults = $schema->faults('#/components/schemas/CreateThing', $document);
#
# It knows the part of JSON Schema 2020-12 (and of OpenAPI 3) that published
# descriptions of web services use, and dies on a keyword that it does not know,
# for a keyword passed over in silence would make a check that cannot fail.
# `format` says nothing about validity and is passed over on purpose.
# Documents are as JSON::PP decodes them; a fault is "<place>: <what is wrong>".
package JsonSchema;

use strict;
use warnings;

use B;
use JSON::PP;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# Keywords without a say in validity, and those that another one looks at.
my %silent = map { $_ => 1 } qw(
  $schema $id $defs definitions $comment title description default example examples format
  deprecated readOnly writeOnly externalDocs discriminator xml nullable then else
);

my %check = (
	'$ref' => \&check_ref,
	type => \&check_type,
	enum => sub { my ($self, $enum, $value) = @_; return (grep { same($_, $value) } @$enum) ? () : 'is none of ' . $json->encode($enum) },
	const => sub { my ($self, $const, $value) = @_; return same($const, $value) ? () : 'is not ' . $json->encode($const) },
	properties => \&check_properties,
	required => \&check_required,
	additionalProperties => \&check_additional,
	items => \&check_items,
	anyOf => sub { my ($self, $list, $value, $place) = @_; return count_fits($self, $list, $value, $place) ? () : 'fits none of anyOf' },
	oneOf => sub { my ($self, $list, $value, $place) = @_; my $n = count_fits($self, $list, $value, $place); return $n == 1 ? () : "fits $n of oneOf" },
	allOf => sub { my ($self, $list, $value, $place) = @_; return map { $self->judge($_, $value, $place) } @$list },
	not => sub { my ($self, $schema, $value, $place) = @_; return $self->judge($schema, $value, $place) ? () : 'fits what it must not' },
	if => \&check_if,
	pattern => sub { my ($self, $p, $v) = @_; return !is_string($v) || $v =~ /$p/ ? () : "does not match $p" },
	minLength => sub { my ($self, $n, $v) = @_; return !is_string($v) || length $v >= $n ? () : "is shorter than $n" },
	maxLength => sub { my ($self, $n, $v) = @_; return !is_string($v) || length $v <= $n ? () : "is longer than $n" },
	minimum => sub { my ($self, $n, $v) = @_; return !is_number($v) || $v >= $n ? () : "is less than $n" },
	maximum => sub { my ($self, $n, $v) = @_; return !is_number($v) || $v <= $n ? () : "is more than $n" },
	minItems => sub { my ($self, $n, $v) = @_; return ref $v ne 'ARRAY' || @$v >= $n ? () : "has fewer than $n items" },
	maxItems => sub { my ($self, $n, $v) = @_; return ref $v ne 'ARRAY' || @$v <= $n ? () : "has more than $n items" },
	uniqueItems => \&check_unique,
);

# new(STRUCTURE): the document that holds the schemas.
sub new
{
	my ($class, $root) = @_;
	return bless { root => $root }, $class;
}

sub read_file
{
	my ($class, $path) = @_;
	open my $file, '<:raw', $path or die "$path: $!";
	local $/;
	return $class->new($json->decode(<$file>));
}

# What is wrong with a value by the schema at a pointer ("#/…"), or by a schema
# given as a structure; an empty list when nothing is.
sub faults
{
	my ($self, $schema, $value) = @_;
	return $self->judge(ref $schema ? $schema : { '$ref' => $schema }, $value, '');
}

# The part of the root document at a pointer.
sub reach
{
	my ($self, $pointer) = @_;
	my $found = $self->{root};

	die "only references within the document are known: $pointer" unless $pointer =~ s/^#//;
	for my $step (split m{/}, substr($pointer, length $pointer ? 1 : 0))
	{
		$step =~ s/~1/\//g;
		$step =~ s/~0/~/g;
		$found = ref $found eq 'ARRAY' ? $found->[$step] : $found->{$step};
		die "nothing at $step of #$pointer" unless defined $found;
	}
	return $found;
}

sub judge
{
	my ($self, $schema, $value, $place) = @_;
	my @faults;

	return $schema ? () : "$place: nothing is allowed here" if JSON::PP::is_bool($schema);
	return () if !defined $value && $schema->{nullable};
	for my $keyword (sort keys %$schema)
	{
		next if $silent{$keyword} || $keyword =~ /^x-/;
		my $check = $check{$keyword} or die "keyword \"$keyword\" is not known";
		push @faults, map { /^\// ? $_ : ($place eq '' ? '/' : $place) . ": $_" }
		  $check->($self, $schema->{$keyword}, $value, $place, $schema);
	}
	return @faults;
}

# ---- kinds of values ----

sub is_number
{
	my ($value) = @_;
	return 0 if !defined $value || ref $value;
	my $flags = B::svref_2object(\$value)->FLAGS;
	return $flags & (B::SVf_IOK | B::SVf_NOK) && !($flags & B::SVf_POK) ? 1 : 0;
}

sub is_string { return defined $_[0] && !ref $_[0] && !is_number($_[0]) }

my %is_type = (
	null => sub { !defined $_[0] },
	boolean => sub { JSON::PP::is_bool($_[0]) },
	string => \&is_string,
	number => \&is_number,
	integer => sub { is_number($_[0]) && $_[0] == int $_[0] },
	object => sub { ref $_[0] eq 'HASH' },
	array => sub { ref $_[0] eq 'ARRAY' },
);

sub same { return $json->encode($_[0]) eq $json->encode($_[1]) }

# ---- keywords ----

sub check_ref
{
	my ($self, $pointer, $value, $place) = @_;
	return $self->judge($self->reach($pointer), $value, $place);
}

sub check_type
{
	my ($self, $types, $value) = @_;
	my @wanted = ref $types ? @$types : ($types);

	for my $type (@wanted)
	{
		my $is = $is_type{$type} or die "type \"$type\" is not known";
		return () if $is->($value);
	}
	return 'is no ' . join(' or ', @wanted);
}

sub check_properties
{
	my ($self, $properties, $value, $place) = @_;
	return () unless ref $value eq 'HASH';
	return map { $self->judge($properties->{$_}, $value->{$_}, "$place/$_") }
	  grep { exists $value->{$_} } sort keys %$properties;
}

sub check_required
{
	my ($self, $names, $value) = @_;
	return () unless ref $value eq 'HASH';
	return map { "has no \"$_\"" } grep { !exists $value->{$_} } @$names;
}

sub check_additional
{
	my ($self, $rest, $value, $place, $schema) = @_;
	return () unless ref $value eq 'HASH';
	my @others = grep { !exists $schema->{properties}{$_} } sort keys %$value;
	return map { $self->judge($rest, $value->{$_}, "$place/$_") } @others;
}

sub check_items
{
	my ($self, $items, $value, $place) = @_;
	return () unless ref $value eq 'ARRAY';
	return map { $self->judge($items, $value->[$_], "$place/$_") } 0 .. $#$value;
}

sub check_unique
{
	my ($self, $wanted, $value) = @_;
	my %seen;
	return () if !$wanted || ref $value ne 'ARRAY';
	return (grep { $seen{ $json->encode($_) }++ } @$value) ? 'has equal items' : ();
}

sub check_if
{
	my ($self, $condition, $value, $place, $schema) = @_;
	my $branch = $self->judge($condition, $value, $place) ? 'else' : 'then';
	return exists $schema->{$branch} ? $self->judge($schema->{$branch}, $value, $place) : ();
}

sub count_fits
{
	my ($self, $list, $value, $place) = @_;
	return scalar grep { !$self->judge($_, $value, $place) } @$list;
}

1;
