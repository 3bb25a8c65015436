"""`bramble tidy`: what a killed daemon leaves goes at once, and what a running one has stays."""

from lab import FLOATING


def test_it_removes_the_address_that_a_killed_daemon_left(single):
    node = single.nodes[0]
    node.start()
    single.wait_formed()
    node.kill()
    tidied = node.run_command("tidy", "--config", node.config_path)
    assert tidied.returncode == 0, tidied.stderr
    # Within the second of its lease, unless this machine was away for longer.
    assert tidied.stdout in (f"removed {FLOATING} from eth0\n", "")
    assert single.holders() == []
    again = node.run_command("tidy", "--config", node.config_path)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_it_removes_the_interface_with_a_mac_address_of_its_own(single):
    node = single.nodes[0]
    node.configuration["floating"]["virtual_mac"] = True
    node.start()
    single.wait_until(lambda: single.http("/").status == 200, "the page is there")
    node.kill()
    assert "removed the interface bramble-v4-51" in node.run_command("tidy", "--config", node.config_path).stdout
    node.start()
    single.wait_until(lambda: single.http("/").status == 200, "the page is there again")


def test_while_a_daemon_runs_nothing_is_changed(single):
    node = single.nodes[0]
    node.start()
    single.wait_formed()
    refused = node.run_command("tidy", "--config", node.config_path)
    assert refused.returncode != 0 and "nothing was changed" in refused.stderr, refused.stderr
    assert single.holders() == [node]
    node.hang()
    assert node.run_command("tidy", "--config", node.config_path).returncode != 0


def test_with_a_file_that_is_no_good_it_says_what_becomes_of_the_address(single):
    node = single.nodes[0]
    node.write_configuration("[nonsense")
    refused = node.run_command("tidy", "--config", node.config_path)
    assert refused.returncode != 0 and "within a second" in refused.stderr and "bramble.toml:1" in refused.stderr
