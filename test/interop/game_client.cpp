// A game: logs in, is present, writes, waits to be written to, and leaves. The rest of it is on docs/games.md.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <iostream>

#include "page.h"
#include "tharsis.pb.h"

using tharsis::Body;

class Connection {
  int socket_ = socket(AF_INET, SOCK_STREAM, 0);
  std::string read_;
  uint32_t seq_ = 0;
  std::optional<Handshake> noise_;

  static Bytes associated(uint32_t command, uint32_t seq) { return encode(0, command, seq, "").substr(8, 8); }

 public:
  explicit Connection(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, (sockaddr*)&address, sizeof address) != 0) throw std::runtime_error("no connection");
  }
  ~Connection() { close(socket_); }

  Bytes binding() const { return noise_ ? noise_->hash : ""; }

  Frame next() {
    for (;;) {
      if (auto frame = decode(read_)) return *frame;
      char chunk[4096];
      const ssize_t size = recv(socket_, chunk, sizeof chunk, 0);
      if (size <= 0) throw std::runtime_error("the connection is lost");
      read_.append(chunk, size);
    }
  }

  Body push() {
    for (;;) {
      const Frame frame = next();
      if (frame.seq == 0) return open(frame);
    }
  }

  Body ask(uint32_t command, const Body& body) {
    Bytes bytes = body.SerializeAsString();
    const uint32_t seq = ++seq_;
    if (noise_ && command != 6) bytes = noise_->sending.seal(associated(command, seq), bytes);
    send(encode(200, command, seq, bytes));
    const Frame frame = answer(command, seq);
    return command == 6 ? Body() : open(frame);
  }

  // The first request, with a handshake.
  Body ask(uint32_t command, const Body& body, const Bytes& server_key) {
    Body outer;
    Handshake& handshake = noise_.emplace(server_key);
    outer.set_noise(handshake.first(body.SerializeAsString()));
    send(encode(200, command, ++seq_, outer.SerializeAsString()));
    return parse(handshake.second(parse(next().body).noise()));
  }

 private:
  void send(const std::string& frame) {
    if (::send(socket_, frame.data(), frame.size(), 0) != (ssize_t)frame.size()) throw std::runtime_error("not sent");
  }

  Frame answer(uint32_t command, uint32_t seq) {
    for (;;) {
      const Frame frame = next();
      if (frame.seq == seq && frame.command == command) return frame;
      if (frame.seq == 0) open(frame);
    }
  }

  Body open(const Frame& frame) {
    return parse(noise_ ? noise_->receiving.open(associated(frame.command, frame.seq), frame.body) : frame.body);
  }

  static Body parse(const Bytes& bytes) {
    Body body;
    if (!body.ParseFromString(bytes)) throw std::runtime_error("no Body");
    if (body.has_error()) throw std::runtime_error(body.error().condition() + ": " + body.error().text());
    return body;
  }
};

Bytes from_hex(const Bytes& hex) {
  Bytes out;
  for (size_t at = 0; at < hex.size(); at += 2) out += (char)std::stoi(hex.substr(at, 2), nullptr, 16);
  return out;
}

// game PORT USER PASSWORD FRIEND [SERVER KEY in hexadecimal digits]
int main(int count, char** args) {
  try {
    const Bytes user = args[2], password = args[3], key = count > 5 ? from_hex(args[5]) : "";
    Connection connection(std::stoi(args[1]));

    Body hello;
    hello.set_to("localhost");
    hello.mutable_hello()->set_proto_version(1);
    if (key.empty()) connection.ask(1000, hello);
    else connection.ask(1000, hello, key);

    Scram scram(user, password, connection.binding());
    Body first, second;
    first.mutable_auth()->set_mechanism(key.empty() ? "SCRAM-SHA-256" : "SCRAM-SHA-256-PLUS");
    first.mutable_auth()->set_data(scram.first());
    second.mutable_auth()->set_data(scram.final(connection.ask(1001, first).auth_result().challenge()));
    const Body result = connection.ask(1001, second);
    const auto& success = result.auth_result().success();
    if (!scram.proves(success.data())) throw std::runtime_error("this is not our server");
    std::cout << "logged in as " << success.jid() << std::endl;

    Body presence, message;
    presence.mutable_presence();
    connection.ask(1012, presence);
    message.set_id("m1");
    message.set_to(args[4]);
    message.set_type("chat");
    message.mutable_message()->set_body("hi from C++");
    connection.ask(1010, message);

    Body heard = connection.push();
    while (!heard.has_message()) heard = connection.push();
    std::cout << "heard " << heard.message().body() << std::endl;

    connection.ask(6, Body());
    Body logout;
    logout.set_sm_ack(heard.sm_seq());
    connection.ask(1003, logout);
    std::cout << "left" << std::endl;
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
