import { Metadata } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { ErrorInfo } from "#gen/google/rpc/error_details.ts";
import { Status } from "#gen/google/rpc/status.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { Redactor } from "#kernel/secret.ts";
import { fromServiceError } from "#launch/service-error.ts";
import { packAnnotation, packAny } from "#model/annotations.ts";
import { makeFinishRequest } from "#service/outcome.ts";

test("no more annotations are sent than C1 takes", () => {
  const annotations = Array.from({ length: 20 }, () => packAnnotation("GrantAlreadyExists"));
  const { finalState } = makeFinishRequest("task", { annotations }, new Redactor());
  expect(finalState?.value.annotations).toHaveLength(16);
});

test("details of the connector's error go along through every layer of context, unknown ones too", () => {
  const info = { reason: "grant_cancelled", domain: "x", metadata: new Map([["reason", "no seats"]]) };
  const details = [
    packAny("google.rpc.ErrorInfo", ErrorInfo, info),
    { typeUrl: "type.googleapis.com/some.Other", value: Buffer.of(1, 2, 3) },
  ];
  const metadata = new Metadata();
  const status = Status.encode({ code: 9, message: "no", details }).finish();
  metadata.set("grpc-status-details-bin", Buffer.from(status));
  const answer = Object.assign(new Error("9 FAILED_PRECONDITION: no"), { code: 9, details: "no", metadata });
  const error = fromServiceError(answer).prefixed("granting").prefixed("task");
  const request = makeFinishRequest("task", { error, nonRetryable: true }, new Redactor());
  expect(request.status).toMatchObject({ code: 9, message: "task: granting: no", details });
});

test("an error never says that all is well", () => {
  const error = new BatonError(Code.Ok, "odd");
  expect(makeFinishRequest("task", { error, nonRetryable: false }, new Redactor()).status?.code).toBe(
    Code.Unknown,
  );
});
