import Testing
import VRRP
import Wire

/// What keepalived 2.2.7 (Debian 12) sent, each message once: the payloads of the IP packets.
///
/// Made in a network namespace with a veth pair `bvc0`/`bvc1` and the addresses 192.0.2.1/24 and fe80::1/64 on `bvc0`:
///
///     tcpdump -i bvc0 -U -w capture.pcap 'proto 112 or ip6 proto 112' &
///     keepalived --dont-fork --log-console --vrrp --use-file vectors.conf &
///     sleep 9; kill -TERM %2; kill -INT %1
///
/// with `vrrp_version 3` and four instances, all `state MASTER`, on `bvc0`:
///
///     51  priority 200  advert_int 0.2   192.0.2.250
///     52  priority 254  advert_int 1     192.0.2.251 192.0.2.252 198.51.100.7
///     61  priority 100  advert_int 2     fe80::5:fa
///     62  priority 1    advert_int 0.01  fe80::6:fa 2001:db8::fa 2001:db8::fb
///
/// Every packet had TTL or hop limit 255. At SIGTERM each instance sent its advertisement with priority 0.
struct CapturedPacket: Sendable, CustomTestStringConvertible {
    let virtualRouterID: UInt8
    let priority: UInt8
    let interval: UInt16
    let addresses: [String]
    let payload: String

    var testDescription: String { "virtual router \(virtualRouterID), priority \(priority)" }
    var isIPv4: Bool { virtualRouterID < 60 }
    var source: IPAddress { isIPv4 ? .v4(0xC000_0201) : .v6(0xFE80_0000_0000_0000, 1) }
    var destination: IPAddress { isIPv4 ? Advertisement.multicastIPv4 : Advertisement.multicastIPv6 }

    static let all = [
        CapturedPacket(
            virtualRouterID: 51, priority: 200, interval: 20, addresses: ["192.0.2.250"],
            payload: "3133c8010014a12bc00002fa"),
        CapturedPacket(
            virtualRouterID: 51, priority: 0, interval: 20, addresses: ["192.0.2.250"],
            payload: "313300010014692cc00002fa"),
        CapturedPacket(
            virtualRouterID: 52, priority: 254, interval: 100,
            addresses: ["192.0.2.251", "192.0.2.252", "198.51.100.7"],
            payload: "3134fe0300647d97c00002fbc00002fcc6336407"),
        CapturedPacket(
            virtualRouterID: 52, priority: 0, interval: 100,
            addresses: ["192.0.2.251", "192.0.2.252", "198.51.100.7"],
            payload: "3134000300647b98c00002fbc00002fcc6336407"),
        CapturedPacket(
            virtualRouterID: 61, priority: 100, interval: 200, addresses: ["fe80::5:fa"],
            payload: "313d640100c86c5afe8000000000000000000000000500fa"),
        CapturedPacket(
            virtualRouterID: 61, priority: 0, interval: 200, addresses: ["fe80::5:fa"],
            payload: "313d000100c8d05afe8000000000000000000000000500fa"),
        CapturedPacket(
            virtualRouterID: 62, priority: 1, interval: 1,
            addresses: ["fe80::6:fa", "2001:db8::fa", "2001:db8::fb"],
            payload: "313e010300017296fe8000000000000000000000000600fa"
                + "20010db80000000000000000000000fa20010db80000000000000000000000fb"),
        CapturedPacket(
            virtualRouterID: 62, priority: 0, interval: 1,
            addresses: ["fe80::6:fa", "2001:db8::fa", "2001:db8::fb"],
            payload: "313e000300017396fe8000000000000000000000000600fa"
                + "20010db80000000000000000000000fa20010db80000000000000000000000fb"),
    ]
}
