"""What Slixmpp does and sees in rooms. The methods have the names of those of Moderator in client.ts."""
from slixmpp import JID
from slixmpp.xmlstream import ET
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

NS_SID = "urn:xmpp:sid:0"
NS_RETRACT = "urn:xmpp:message-retract:1"
# Slixmpp 1.8 knows an older version of XEP-0425 only.
NS_MODERATE = "urn:xmpp:message-moderate:1"


class Rooms:
    ACTIONS = {"createRoom", "enterRoom", "invite", "speak", "kick", "leaveRoom", "moderate", "roomHistory"}

    def __init__(self, client, see):
        self.client = client
        self.see = see
        # What was said, by its id in the archive of the room.
        self.said = {}
        for plugin in ("xep_0004", "xep_0045"):
            client.register_plugin(plugin)
        self.muc = client["xep_0045"]
        client.add_event_handler("groupchat_message", self.notice_message)
        retraction = MatchXPath(f"{{jabber:client}}message/{{{NS_RETRACT}}}retract")
        client.register_handler(Callback("retraction", retraction, self.notice_retraction))
        client.add_event_handler("groupchat_presence", self.notice_presence)
        client.add_event_handler("groupchat_invite", lambda stanza: see(kind="invitation", jid=stanza["from"].bare))

    def notice_message(self, stanza):
        room = stanza["from"].bare
        stanza_id = stanza.xml.find(f"{{{NS_SID}}}stanza-id[@by='{room}']")
        if stanza_id is not None:
            self.said[stanza_id.get("id")] = stanza["body"]
        self.see(kind="spoken", jid=room, nick=stanza["from"].resource, body=stanza["body"])

    def notice_retraction(self, stanza):
        retract = stanza.xml.find(f"{{{NS_RETRACT}}}retract")
        if not stanza["from"].resource and retract.find(f"{{{NS_MODERATE}}}moderated") is not None:
            self.see(kind="retracted", jid=stanza["from"].bare, body=self.said[retract.get("id")])

    def notice_presence(self, stanza):
        room, codes = stanza["from"].bare, stanza["muc"]["status_codes"]
        if 110 in codes:
            if 307 in codes:
                self.see(kind="kicked", jid=room)
        else:
            kind = "left" if stanza["type"] == "unavailable" else "entered"
            self.see(kind=kind, jid=room, nick=stanza["from"].resource)

    async def createRoom(self, jid, nick, name):
        await self.enterRoom(jid, nick)
        form = await self.muc.get_room_config(jid)
        form.reply()
        form.set_values({"muc#roomconfig_roomname": name, "muc#roomconfig_persistentroom": True})
        await self.muc.set_room_config(jid, form)

    async def enterRoom(self, jid, nick):
        await self.muc.join_muc_wait(JID(jid), nick, maxstanzas=0)

    async def invite(self, jid, contact):
        self.muc.invite(jid, contact)

    async def speak(self, jid, body):
        self.client.send_message(mto=jid, mbody=body, mtype="groupchat")

    async def kick(self, jid, nick):
        await self.muc.set_role(jid, nick, "none")

    async def leaveRoom(self, jid):
        self.muc.leave_muc(JID(jid), self.muc.our_nicks[JID(jid)])

    async def moderate(self, jid, body):
        iq = self.client.make_iq_set(ito=jid)
        stanza_id = next(key for key, said in self.said.items() if said == body)
        moderate = ET.SubElement(iq.xml, f"{{{NS_MODERATE}}}moderate", id=stanza_id)
        ET.SubElement(moderate, f"{{{NS_RETRACT}}}retract")
        await iq.send()

    async def roomHistory(self, jid, size):
        pages = self.client["xep_0313"].iterate(jid=jid, rsm={"max": size})
        bodies = [result["mam_result"]["forwarded"]["stanza"]["body"] async for result in pages]
        return [body for body in bodies if body]
