"""Names that a file defines."""

from __future__ import annotations

import pytest

from runner.context.definitions import find_definitions

PYTHON = """
LIMIT = 3
timeout: float = 1.0
class Lease(Base):
    def renew(self): ...
    async def drop(self):
        x == 3
"""
TYPESCRIPT = """
export default class Lease extends Base {
  private async renew(force: boolean): Promise<void> {
    if (force) {
      return renewAll(1);
    }
  }
}
export function claim() {}
export const LIMIT = 3;
interface Store { x: number }
exports.legacy = function () {};
Lease.prototype.old = 1;
"""
GO = """
package lease
type Lease struct {
}
func (l *Lease) Renew(ctx context.Context) error {
func Claim() {
var ErrLost = errors.New("x")
"""
RUST = """
pub(crate) struct Lease;
impl<T> Store for Lease<T> {
    pub async fn renew(&self) {}
}
macro_rules! claim { () => {} }
pub const LIMIT: u8 = 1;
"""
JAVA = """
public class Lease {
    public Lease(int fence) {
    private static Map<String, Integer> renewAll(List<String> ids) throws Lost {
        for (String id : ids) {
"""
C = """
#define LIMIT 3
struct lease {
int lease_renew(struct lease *l, int force)
{
    if (force) {
typedef unsigned int fence_t;
"""
RUBY = """
module Fleet
  class Fleet::Lease < Base
    LIMIT = 3
    attr_reader :fence
    def self.claim!(x)
    def live?
"""
PHP = """
abstract class Lease {
    public static function renewAll() {
    const LIMIT = 3;
"""
SHELL = """
renew_lease() {
function claim {
"""
SQL = """
CREATE TABLE IF NOT EXISTS leases (id int);
create or replace view live_leases as select 1;
"""


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.py", PYTHON, {"LIMIT", "timeout", "Lease", "renew", "drop"}),
        ("a.ts", TYPESCRIPT, {"Lease", "renew", "claim", "LIMIT", "Store", "legacy", "old"}),
        ("a.go", GO, {"Lease", "Renew", "Claim", "ErrLost"}),
        ("a.rs", RUST, {"Lease", "renew", "claim", "LIMIT"}),
        ("a.java", JAVA, {"Lease", "renewAll"}),
        ("a.c", C, {"LIMIT", "lease", "lease_renew", "fence_t"}),
        ("a.rb", RUBY, {"Fleet", "Lease", "LIMIT", "fence", "claim", "live"}),
        ("a.php", PHP, {"Lease", "renewAll", "LIMIT"}),
        ("a.sh", SHELL, {"renew_lease", "claim"}),
        ("a.sql", SQL, {"leases", "live_leases"}),
        ("a.ex", "defmodule Fleet do\n  def renew(x) do\n", {"Fleet", "renew"}),
        ("a.lua", "local function renew(x)\n", {"renew"}),
    ],
)
def test_definitions_of_each_family_are_found(path: str, text: str, expected: set[str]) -> None:
    assert {name for name, _ in find_definitions(path, text)} == expected


def test_the_offset_is_where_the_name_stands() -> None:
    text = "x = 1\n\ndef renew(lease):\n    return lease\n"

    offsets = dict(find_definitions("a.py", text))

    assert text[offsets["renew"] :].startswith("renew(lease)")


@pytest.mark.parametrize("path", ["a.c", "a.java", "a.ts", "a.rs", "a.php", "a.unknown"])
@pytest.mark.timeout(20)
def test_a_hostile_file_does_not_take_for_ever(path: str) -> None:
    text = "int** " * 20_000 + "\n" + "a b(" * 20_000 + "\n" + "typedef " * 20_000

    assert isinstance(list(find_definitions(path, text)), list)
