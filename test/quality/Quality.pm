# Quality.pm: what the measurements of this directory share: the lines of a set, a
# text as SQL writes it, a line for people.  What is measured stands in the scripts.
package Quality;

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(line literal read_lines);

sub line { my $text = join '', @_; utf8::encode($text); print { Test::More->builder->output } "$text\n"; return }

sub literal { my ($text) = @_; $text =~ s/'/''/g; utf8::encode($text); return "'$text'" }

sub read_lines { my ($path) = @_; return map { decode_json($_) } grep { /\S/ } split /\n/, PostgreSQL::Test::Utils::slurp_file($path) }

1;
