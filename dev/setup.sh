# Sourced by script/demo and script/test: what both need before they can work.
# Packages come through apt when they are missing; everything else happens in
# a workplace, a temporary directory that belongs to an ordinary user and goes
# away at the end.  Callers set $root (the checkout) beforehand and may define
# close_down(), which is called first when they end.
#
# After set_up: $work is the workplace, $tree a copy of the checkout in it,
# $PG_CONFIG a private PostgreSQL in it.

LANG=C.UTF-8 LC_ALL=C.UTF-8
export LANG LC_ALL
unset PGHOST PGPORT PGUSER PGDATABASE PGDATA PGSERVICE PGOPTIONS MAKEFLAGS

say() { printf '==> %s\n' "$*"; }

die() {
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 1
}

as_user() { AS_USER_HOME=$work "$root/dev/as_user" "$@"; }

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "need root for: $* (no sudo here; run it as root, then try again)"
	fi
}

is_installed() {
	[ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" = "install ok installed" ]
}

# Major version to use: the newest that is there with its headers, else the
# one the distribution's package "postgresql" stands for.
choose_major() {
	for major in 18 17 16 15; do
		[ -x "/usr/lib/postgresql/$major/bin/postgres" ] &&
			[ -f "/usr/include/postgresql/$major/server/postgres.h" ] && return
	done
	major=$(apt-cache depends postgresql 2>/dev/null |
		sed -n 's/.*Depends: postgresql-\([0-9][0-9]*\)$/\1/p' | head -n 1)
}

refresh_packages() {
	[ -z "${refreshed:-}" ] || return 0
	refreshed=yes
	say "apt-get update"
	as_root apt-get -qq update || say "apt-get update failed; trying with what is known"
}

apt_install() {
	say "apt-get install $*"
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
		--no-install-recommends -o Dpkg::Use-Pty=0 install "$@" \
		>"$work/apt.log" 2>&1 </dev/null ||
		{ tail -n 30 "$work/apt.log" >&2; die "apt-get install failed"; }
}

# Debian's server package makes and starts a cluster of its own when it comes
# in.  Nobody asked for one, so that is switched off while it does.
install_server() {
	settings=/etc/postgresql-common/createcluster.conf
	is_installed postgresql-common || apt_install postgresql-common
	as_root cp -p "$settings" "$settings.kept"
	as_root sed -i 's/^#* *create_main_cluster *=.*/create_main_cluster = false/' "$settings"
	apt_install "$@"
	as_root mv "$settings.kept" "$settings"
}

need_packages() {
	absent=
	server_absent=
	for package in "$@"; do
		is_installed "$package" && continue
		case $package in
			postgresql-[0-9][0-9]) server_absent=$package ;;
			*) absent="$absent $package" ;;
		esac
	done
	[ -n "$absent$server_absent" ] || return 0
	refresh_packages
	# shellcheck disable=SC2086 # a list of words
	[ -z "$server_absent" ] || install_server $server_absent
	# shellcheck disable=SC2086
	[ -z "$absent" ] || apt_install $absent
}

leave() {
	status=$?
	trap - EXIT
	[ -z "${settings:-}" ] || [ ! -f "$settings.kept" ] || as_root mv "$settings.kept" "$settings"
	type close_down >/dev/null 2>&1 && close_down
	if [ $status -ne 0 ] && [ $status -ne 130 ] && [ $status -ne 143 ] && [ -d "${work:-}/log" ]; then
		rm -rf "$root/build/log"
		mkdir -p "$root/build" && cp -R "$work/log" "$root/build/log" && say "logs are in build/log"
	fi
	[ -z "${work:-}" ] || rm -rf "$work"
	exit $status
}

# set_up PACKAGE…: packages, workplace, private PostgreSQL.
set_up() {
	trap leave EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	work=$(mktemp -d "${TMPDIR:-/tmp}/pg_frontdesk.XXXXXX")
	chmod 755 "$work"

	if [ -z "${PG_CONFIG:-}" ]; then
		command -v apt-get >/dev/null ||
			die "set PG_CONFIG to the pg_config of PostgreSQL 15 to 18; packages are installed on Debian only"
		choose_major
		[ -n "$major" ] || { refresh_packages; choose_major; }
		[ -n "$major" ] || die "apt knows no package postgresql"
		need_packages "postgresql-$major" "postgresql-server-dev-$major" "$@" \
			make gcc libc6-dev libcurl4-openssl-dev libjson-c-dev \
			libmicrohttpd-dev libpq-dev libssl-dev pkg-config perl
		PG_CONFIG=/usr/lib/postgresql/$major/bin/pg_config
	fi

	user=$(as_user id -un)
	say "working in $work as user $user, with $("$PG_CONFIG" --version)"
	tree=$work/tree
	mkdir "$tree" "$work/log"
	(cd "$root" && tar -cf - --exclude=./.git --exclude=./build --exclude='*.o' \
		--exclude='*.so' --exclude='*.bc' --exclude=./tmp_check --exclude=./tmp_check_iso .) |
		(cd "$tree" && tar -xf -)
	PG_CONFIG=$(PG_CONFIG=$PG_CONFIG "$root/dev/stage" "$work/pg")
	export PG_CONFIG
	bindir=$("$PG_CONFIG" --bindir)
	[ "$(id -u)" -ne 0 ] || chown -R "$user:" "$work"
	cd "$work" || exit 1
}
