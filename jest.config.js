/** @type {import("jest").Config} */
module.exports = {
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  testEnvironment: "node",
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
  modulePathIgnorePatterns: [
    "<rootDir>/dist",
    "<rootDir>/runtime/dist",
    "<rootDir>/trainer/dist",
    "<rootDir>/cdktf.out",
  ],
  maxWorkers: "100%",
  testTimeout: 60_000,
};
