import { expect, test } from "vitest";
import { isExcepted } from "#http/no-proxy.ts";

test.each<[string, string, number]>([
  ["*", "anything.example", 443],
  ["other, *", "10.1.2.3", 443],
  ["*:443", "anything.example", 443],
  ["example.com", "example.com", 443],
  ["EXAMPLE.com", "example.COM", 443],
  ["example.com", "api.example.com", 443],
  ["example.com.", "api.example.com", 443],
  ["example.com", "api.example.com.", 443],
  [".example.com", "api.example.com", 443],
  [".example.com", "example.com", 443],
  ["*.example.com", "api.example.com", 443],
  ["a b,example.com", "example.com", 443],
  ["example.com:443", "api.example.com", 443],
  ["10.0.0.0/8", "10.99.0.1", 443],
  ["10.1.2.3/8", "10.99.0.1", 443],
  ["10.0.0.0/8:8443", "10.99.0.1", 8443],
  ["0.0.0.0/0", "192.0.2.1", 443],
  ["10.99.0.1", "10.99.0.1", 443],
  ["10.99.0.1:8443", "10.99.0.1", 8443],
  ["fd00::/8", "[fd12::1]", 443],
  ["[fd00::]/8", "fd12::1", 443],
  ["2001:db8::1", "[2001:db8:0:0::1]", 443],
  ["[2001:db8::1]", "[2001:db8::1]", 443],
  ["[2001:db8::1]:8443", "[2001:db8::1]", 8443],
  ["10.0.0.0/8", "[::ffff:10.1.2.3]", 443],
])("NO_PROXY=%s excepts %s:%i", (list, host, port) => {
  expect(isExcepted(host, port, list)).toBe(true);
});

test.each<[string, string, number]>([
  ["", "example.com", 443],
  [" , ", "example.com", 443],
  ["example.com", "badexample.com", 443],
  ["example.com", "example.com.evil.test", 443],
  ["*.example.com", "example.com", 443],
  ["example.com:8443", "example.com", 443],
  ["*:80", "example.com", 443],
  ["10.0.0.0/8", "11.0.0.1", 443],
  ["10.0.0.0/8:80", "10.0.0.1", 443],
  ["10.0.0.0/33", "10.0.0.1", 443],
  ["10.0.0.0/", "10.0.0.1", 443],
  ["10.0.0", "10.0.0.1", 443],
  ["10.0.0.1", "110.0.0.1", 443],
  ["0.1", "10.0.0.1", 443],
  ["10.0.0.0/8", "ten.example", 443],
  ["fd00::/8", "[fe80::1]", 443],
  ["fd00::/8", "10.0.0.1", 443],
  ["[::1", "[::2]", 443],
  ["exa*", "example.com", 443],
  [".", "example.com", 443],
])("NO_PROXY=%s does not except %s:%i", (list, host, port) => {
  expect(isExcepted(host, port, list)).toBe(false);
});
