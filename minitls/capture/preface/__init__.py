"""What two ends say before TLS: STARTTLS and its kin, tunnels and proxies. Where does TLS begin, and who asked for it?

    opening.py      both directions of a connection, until TLS begins in each
    plausible.py    bytes that can hardly be anything but the first record of TLS
    told.py         the dialogue in words: tunnels first, then a protocol that asks for TLS
    tunnels.py      PROXY protocol, HTTP CONNECT, SOCKS: other protocols follow inside
    lines.py        protocols of lines: SMTP, IMAP, POP3, FTP, NNTP, ManageSieve, IRC, XMPP
    packets.py      protocols of packets: LDAP, MySQL, PostgreSQL, RDP, AMQP

A protocol is a row in one of the last three. What none of them knows is found all the same, by a ClientHello at a turn.
"""
