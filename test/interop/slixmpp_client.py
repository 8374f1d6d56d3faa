"""Slixmpp behind the JSON lines of child-client.ts: see there for what goes in and out."""
import asyncio
import json
import logging
import sys

from slixmpp import ClientXMPP

from slixmpp_rooms import Rooms

logging.basicConfig(level=logging.WARNING, stream=sys.stderr)

# Slixmpp prints what it wonders about.
lines_out, sys.stdout = sys.stdout, sys.stderr


def write(line):
    print(json.dumps(line), file=lines_out, flush=True)


class Client(ClientXMPP):
    def __init__(self, jid, password, certificate, way):
        super().__init__(jid, password)
        self.way = way
        self.ca_certs = certificate
        self.auto_authorize = None
        self.auto_subscribe = False
        # Slixmpp reconnects on its own and would hide why a connection failed.
        self.add_event_handler("connection_failed", self.give_up)
        self.add_event_handler("failed_all_auth", self.give_up)
        self.add_event_handler("disconnected", self.give_up)
        self.add_event_handler("session_start", self.start)
        self.add_event_handler("roster_update", self.notice_roster)
        self.add_event_handler("presence_subscribe", lambda stanza: self.see(stanza, "request"))
        self.add_event_handler("presence_available", self.notice_available)
        # An available presence with <show/> comes under the name of what it shows.
        for show in ("away", "chat", "dnd", "xa"):
            self.add_event_handler(f"presence_{show}", self.notice_available)
        self.add_event_handler("presence_unavailable", lambda stanza: self.see(stanza, "unavailable"))
        self.add_event_handler("message", self.notice_message)
        for plugin in ("xep_0198", "xep_0280", "xep_0313", "xep_0352"):
            self.register_plugin(plugin)
        self.rooms = Rooms(self, lambda **sight: write({"seen": sight}))
        self.add_event_handler("carbon_received", self.notice_received)
        self.add_event_handler("carbon_sent", self.notice_said)
        self.lost = asyncio.Event()
        self.add_event_handler("disconnected", lambda _: self.lost.set())
        self.add_event_handler("session_resumed", lambda _: self.resumed.set_result(None))
        self.online = asyncio.get_event_loop().create_future()

    def give_up(self, reason):
        if not self.online.done():
            self.online.set_exception(RuntimeError(f"no session: {reason}"))

    async def start(self, _):
        if self.online.done():
            self.resumed.set_exception(RuntimeError("it is another session"))
            return
        try:
            await self.get_roster()
            self.send_presence()
            self.online.set_result(self["feature_mechanisms"].mech.name)
        except Exception as error:
            self.give_up(error)

    def see(self, stanza, kind, **more):
        jid = stanza["from"].bare
        if jid != self.boundjid.bare:
            write({"seen": {"kind": kind, "jid": jid, **more}})

    def notice_available(self, stanza):
        self.see(stanza, "available", status=stanza["status"])

    def notice_message(self, stanza):
        if stanza["type"] != "groupchat":
            self.see(stanza, "message", body=stanza["body"])

    def notice_received(self, stanza):
        message = stanza["carbon_received"]
        self.see(message, "message", body=message["body"])

    def notice_said(self, stanza):
        message = stanza["carbon_sent"]
        write({"seen": {"kind": "said", "jid": message["to"].bare, "body": message["body"]}})

    def notice_roster(self, iq):
        if iq["type"] != "set":
            return
        for jid, item in iq["roster"]["items"].items():
            write({"seen": {"kind": "contact", "jid": jid.bare, "subscription": item["subscription"]}})

    async def history(self, jid, size):
        pages = self["xep_0313"].iterate(with_jid=jid, rsm={"max": size})
        return [result["mam_result"]["forwarded"]["stanza"]["body"] async for result in pages]

    def join(self):
        self.lost.clear()
        self.connect(**self.way)

    async def resume(self):
        await self.lost.wait()
        self.resumed = asyncio.get_event_loop().create_future()
        self.join()
        await self.resumed

    async def act(self, action, jid=None, body=None, status=None, size=None):
        if action == "addContact":
            await self.client_roster.update(jid)
        elif action == "requestSubscription":
            self.send_presence_subscription(pto=jid)
        elif action == "acceptSubscription":
            self.send_presence_subscription(pto=jid, ptype="subscribed")
        elif action == "announce":
            self.send_presence(pstatus=status)
        elif action == "say":
            self.send_message(mto=jid, mbody=body, mtype="chat")
        elif action == "enableCarbons":
            await self["xep_0280"].enable()
        elif action == "history":
            return await self.history(jid, size)
        elif action == "address":
            return self.boundjid.full
        elif action == "resume":
            await self.resume()
        elif action == "rest":
            self["xep_0352"].send_inactive()
        elif action == "wake":
            self["xep_0352"].send_active()
        elif action == "logout":
            await self.disconnect()


async def login(jid, password, port, directTls, certificate, resource=None):
    way = {"address": ("127.0.0.1", port), "use_ssl": directTls, "force_starttls": not directTls}
    client = Client(jid if resource is None else f"{jid}/{resource}", password, certificate, way)
    client.join()
    return client, await client.online


async def main():
    loop = asyncio.get_event_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    client = None
    async for line in lines:
        details = json.loads(line)
        number, action = details.pop("id"), details.pop("do")
        try:
            if action == "login":
                client, mechanism = await login(**details)
                write({"id": number, "result": mechanism})
            elif action in Rooms.ACTIONS:
                write({"id": number, "result": await getattr(client.rooms, action)(**details)})
            else:
                write({"id": number, "result": await client.act(action, **details)})
        except Exception as error:
            write({"id": number, "error": repr(error)})


asyncio.get_event_loop().run_until_complete(main())
