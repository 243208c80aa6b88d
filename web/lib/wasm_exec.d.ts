// The runtime of Go's wasm, from the toolchain that compiles it: the build puts it here.
declare module "parley:wasm_exec";
