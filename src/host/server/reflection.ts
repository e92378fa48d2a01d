/**
 * Server reflection, both versions, which differ in nothing but the package name. Answers come from the
 * compiled descriptors; they are read at the first request, so that nobody pays for a question not asked.
 */

import {
  createFileRegistry,
  type DescEnum,
  type DescExtension,
  type DescFile,
  type DescMessage,
  type DescService,
  fromBinary,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { descriptorSetBase64 } from "#gen/descriptors.ts";
import {
  ServerReflectionRequest as Request,
  ServerReflectionResponse as Response,
  ServerReflectionService,
} from "#gen/grpc/reflection/v1/reflection.ts";
import { ServerReflectionService as ServerReflectionAlphaService } from "#gen/grpc/reflection/v1alpha/reflection.ts";
import { Code } from "#kernel/errors.ts";
import type { BidiMethod } from "./grpc-server.ts";

const METHODS = [
  ServerReflectionService.serverReflectionInfo,
  ServerReflectionAlphaService.serverReflectionInfo,
];

/** @param services full names of the services that the server has */
export function reflectionMethods(services: () => readonly string[]): BidiMethod[] {
  let index: DescriptorIndex | undefined;
  const answer = (bytes: Buffer): Buffer => {
    index ??= new DescriptorIndex();
    const request = Request.decode(bytes);
    const messageResponse = answerRequest(request, index, services());
    const response = Response.fromPartial({
      validHost: request.host,
      originalRequest: request,
      messageResponse,
    });
    return Buffer.from(Response.encode(response).finish());
  };
  return METHODS.map(({ path }) => ({
    path,
    handle(call) {
      // One answer for each question, and no further question is read while the caller does not read answers.
      call.on("data", (bytes: Buffer) => {
        try {
          if (call.write(answer(bytes))) return;
          call.pause();
          call.once("drain", () => call.resume());
        } catch {
          call.pause();
          const details = "the request is not a valid message for this method";
          call.emit("error", { code: Code.Internal, details });
        }
      });
      call.on("end", () => call.end());
    },
  }));
}

type Answer = NonNullable<Response["messageResponse"]>;

function answerRequest(
  { messageRequest: question }: Request,
  index: DescriptorIndex,
  services: readonly string[],
): Answer {
  switch (question?.$case) {
    case "listServices":
      return {
        $case: "listServicesResponse",
        value: { service: services.toSorted().map((name) => ({ name })) },
      };
    case "fileByFilename":
      return filesOrError(index.findFile(question.value), index, `there is no file ${question.value}`);
    case "fileContainingSymbol":
      return filesOrError(index.findSymbol(question.value), index, `there is no symbol ${question.value}`);
    case "fileContainingExtension":
    case "allExtensionNumbersOfType":
      return failure(Code.NotFound, "the contract has no extensions");
    case undefined:
      return failure(Code.InvalidArgument, "the request is empty");
    default:
      return question satisfies never;
  }
}

function filesOrError(file: DescFile | undefined, index: DescriptorIndex, problem: string): Answer {
  if (file === undefined) return failure(Code.NotFound, problem);
  return {
    $case: "fileDescriptorResponse",
    value: { fileDescriptorProto: index.encodeWithDependencies(file) },
  };
}

function failure(errorCode: number, errorMessage: string): Answer {
  return { $case: "errorResponse", value: { errorCode, errorMessage } };
}

/** Descriptors by the names that questions use. */
class DescriptorIndex {
  readonly #registry = createFileRegistry(
    fromBinary(FileDescriptorSetSchema, Buffer.from(descriptorSetBase64, "base64")),
  );
  readonly #symbols = new Map<string, DescFile>();

  constructor() {
    for (const type of this.#registry) {
      for (const name of namesOf(type)) this.#symbols.set(name, type.file);
    }
  }

  findFile(name: string): DescFile | undefined {
    return this.#registry.getFile(name.replace(/\.proto$/, "")) ?? this.#registry.getFile(name);
  }

  /** The file of a type or service, or of one of its fields, values or methods. */
  findSymbol(name: string): DescFile | undefined {
    return this.#symbols.get(name);
  }

  /** The file and all that it imports, directly or not; each once, the file itself first. */
  encodeWithDependencies(file: DescFile): Buffer[] {
    const files = new Set<DescFile>();
    const visit = (current: DescFile): void => {
      if (files.has(current)) return;
      for (const dependency of current.dependencies) visit(dependency);
      files.add(current);
    };
    visit(file);
    return [...files].reverse().map(({ proto }) => Buffer.from(toBinary(FileDescriptorProtoSchema, proto)));
  }
}

/** The full name of a type and those of what it declares. */
function namesOf(type: DescMessage | DescEnum | DescService | DescExtension): string[] {
  const { typeName } = type;
  switch (type.kind) {
    case "message":
      return [typeName, ...[...type.fields, ...type.oneofs].map(({ name }) => `${typeName}.${name}`)];
    case "service":
      return [typeName, ...type.methods.map(({ name }) => `${typeName}.${name}`)];
    case "enum": {
      // Values are named beside their enumeration, not below it.
      const scope = typeName.slice(0, typeName.lastIndexOf("."));
      return [typeName, ...type.values.map(({ name }) => `${scope}.${name}`)];
    }
    case "extension":
      return [typeName];
    default:
      return type satisfies never;
  }
}
