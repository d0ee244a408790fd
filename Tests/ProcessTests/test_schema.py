"""`migrationd schema`: compiles MOF files, and shows what they declare. No daemon runs here."""

import json
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from Support.daemon import BINARY, ROOT

SCHEMA = ROOT / "schema"


def schema(*arguments, check=0):
    done = subprocess.run(
        [str(BINARY), "schema", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    assert done.returncode == check, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def files(tmp_path):
    """Writes MOF files, and returns their folder."""

    def write(**texts):
        for name, text in texts.items():
            path = tmp_path / (name.replace("__", "/") + ".mof")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path

    return write


KEY = "Qualifier Key : boolean = false, Scope(property, reference), Flavor(DisableOverride, ToSubclass);\n"


def test_our_schema_is_right():
    out, _ = schema("check", SCHEMA)
    assert out.startswith("0 errors, 0 warnings: ")


def test_files_of_a_folder_are_compiled_together_in_any_order(files):
    folder = files(
        a="class T_C : T_B { };\ninstance of T_C { K = 1; };", b__deep="class T_B : T_A { };",
        z=KEY + "#pragma namespace (\"root/x\")\nclass T_Other { };", c="class T_A { [Key] uint8 K; };")
    out, _ = schema("check", folder)
    assert out.startswith("0 errors, 0 warnings: ") and out.endswith(", 1 instance in 1 namespace\n")
    (folder / "note.txt").write_text("no MOF")
    schema("check", folder / "a.mof", folder / "b", folder / "c.mof", folder / "z.mof")


def test_every_error_is_shown_with_its_place(files):
    folder = files(bad="class T_A {\n\tuint9 P;\n\tuint8 Q = 256;\n};\nclass T_B : T_None { };")
    out, _ = schema("check", folder, check=1)
    place = f"{folder}/bad.mof"
    assert f"{place}:2:2: error: " in out and f"{place}:3:12: error: " in out and f"{place}:5:13: error: " in out
    assert "\tuint8 Q = 256;\n\t          ^~~\n" in out
    assert out.endswith("3 errors, 0 warnings\n")
    found = json.loads(schema("check", folder, "--json", check=1)[0])
    assert [(one["line"], one["column"], one["severity"]) for one in found] == [
        (2, 2, "error"), (3, 12, "error"), (5, 13, "error")]


def test_vendors_files_are_read_leniently_where_that_is_asked_for(files):
    folder = files(vendor="#pragma autorecover\n[dynamic, provider(\"p\")] class V_A : V_None { void M(); };")
    schema("check", folder, check=1)
    out, _ = schema("check", folder, "--lenient")
    assert out.count(": warning: ") == 4 and "0 errors, 4 warnings: 1 class" in out


def test_latin_1_is_read_where_that_is_asked_for(files):
    qualifier = "Qualifier Description : string = null, Scope(any);\n"
    folder = files(old=(qualifier + "[Description(\"Größe\")] class T_A { };").encode("latin-1"))
    assert "no UTF-8" in schema("check", folder, check=1)[0]
    schema("check", folder, "--latin-1")
    assert "Größe" in schema("show", "T_A", "--schema", folder, "--latin-1")[0]


def test_included_files_are_looked_for_in_the_folders_that_are_named(files):
    folder = files(main__a="#pragma include (\"other/b.mof\")\nclass T_A : T_B { };", library__other__b="class T_B { };")
    assert "can't include" in schema("check", folder / "main", check=1)[0]
    schema("check", folder / "main", "--include", folder / "library")


def test_what_cannot_be_read_is_named(files, tmp_path):
    assert "no-such-file: No such file" in schema("check", "/no-such-file", check=64)[1]
    assert "no file there ends in .mof" in schema("check", tmp_path, check=64)[1]
    assert "there is no class CIM_None" in schema("show", "CIM_None", "--schema", SCHEMA, check=1)[1]
    assert "/no/config.yaml" in schema("tree", "--config", "/no/config.yaml", check=78)[1]


def test_a_class_is_shown_as_declared_or_with_what_it_inherits():
    out, _ = schema("show", "cim_concretejob", "--schema", SCHEMA)
    assert "class CIM_ConcreteJob : CIM_Job {" in out and "string InstanceID;" in out and "ElapsedTime" not in out
    out, _ = schema("show", "CIM_ConcreteJob", "--schema", SCHEMA, "--resolved")
    assert "    // from CIM_Job\n" in out and "ElapsedTime" in out


def test_the_tree_shows_what_derives_from_what():
    whole, _ = schema("tree", "--schema", SCHEMA)
    assert whole.startswith("CIM_") and "\nCIM_ManagedElement  (abstract)\n" in "\n" + whole
    part, _ = schema("tree", "CIM_Job", "--schema", SCHEMA)
    assert part.startswith("CIM_ManagedElement  (abstract)\n  CIM_ManagedSystemElement")
    assert "          Migrationd_MigrationJob\n            KVM_MigrationJob\n" in part


def test_an_export_compiles_to_the_same(tmp_path):
    mof, _ = schema("export", "--schema", SCHEMA)
    (tmp_path / "export.mof").write_text(mof)
    assert schema("check", tmp_path)[0] == schema("check", SCHEMA)[0]
    assert schema("export", "--schema", tmp_path / "export.mof")[0] == mof


def test_an_export_as_xml_has_the_form_of_the_standard(files):
    folder = files(
        a=KEY + "#pragma namespace (\"root/x\")\nclass T_A { [Key] string K; };\ninstance of T_A { K = \"<&>\"; };")
    root = ElementTree.fromstring(schema("export", "--schema", folder, "--format", "xml")[0])
    assert root.tag == "CIM" and [child.tag for child in root] == ["DECLARATION"]
    [group] = root[0]
    assert [child.tag for child in group] == ["LOCALNAMESPACEPATH", "QUALIFIER.DECLARATION", "VALUE.OBJECT", "VALUE.OBJECT"]
    assert [part.get("NAME") for part in group[0]] == ["root", "x"]
    assert group[2][0].tag == "CLASS" and group[3].findtext("INSTANCE/PROPERTY/VALUE") == "<&>"
    only = ElementTree.fromstring(schema("export", "CIM_Job", "--schema", SCHEMA, "--format", "xml")[0])
    assert [declared.get("NAME") for declared in only.iter("CLASS")] == ["CIM_Job"]
