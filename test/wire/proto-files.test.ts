import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { protoFolder } from '../../src/wire/proto-files.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const files = readdirSync(join(protoFolder, 'heddle/v1'));
const scratch = mkdtempSync(join(tmpdir(), 'heddle-proto-'));
afterAll(() => rmSync(scratch, { recursive: true }));

describe('the proto files', () => {
  it('are read by protoc, where there is one', (context) => {
    if (spawnSync('protoc', ['--version']).status !== 0) context.skip('protoc is not installed');
    const targets = files.map((file) => `heddle/v1/${file}`);
    execFileSync('protoc', [`-I${protoFolder}`, `--descriptor_set_out=${join(scratch, 'all.bin')}`, ...targets]);
  });

  it('keep the rules of buf', () => {
    const buf = join(root, 'node_modules/@bufbuild/buf/bin/buf');
    const { status, stdout, stderr } = spawnSync(process.execPath, [buf, 'lint', protoFolder, '--config', join(root, '.config/buf.yaml')], {
      encoding: 'utf8',
    });
    expect(stdout + stderr).toBe('');
    expect(status).toBe(0);
  });

  it('give the types that stand in src/wire/generated', () => {
    const generator = join(root, 'node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js');
    const options = ['--longs=Number', '--enums=String', '--oneofs', '--importFileExtension=.ts'];
    execFileSync(process.execPath, [generator, ...options, '--includeDirs=proto', `--outDir=${scratch}/types`, 'heddle/v1/fabric.proto'], {
      cwd: root,
    });
    const fresh = join(scratch, 'types/heddle/v1');
    const kept = join(root, 'src/wire/generated/heddle/v1');
    expect(readdirSync(kept).sort()).toEqual(readdirSync(fresh).sort());
    for (const file of readdirSync(fresh))
      expect(readFileSync(join(kept, file), 'utf8'), file).toBe(readFileSync(join(fresh, file), 'utf8'));
  });
});
