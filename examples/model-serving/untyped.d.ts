/** The part that is used of three packages that come without types. */

declare module 'ml-knn' {
  // biome-ignore lint/style/noDefaultExport: the package has no other
  export default class Knn<Label> {
    constructor(inputs: readonly (readonly number[])[], labels: readonly Label[], options: { readonly k: number });
    predict(input: readonly number[]): Label;
  }
}

declare module 'wink-naive-bayes-text-classifier' {
  interface Classifier {
    definePrepTasks(tasks: readonly ((input: never) => unknown)[]): void;
    defineConfig(config: { readonly considerOnlyPresence: boolean; readonly smoothingFactor: number }): void;
    learn(text: string, label: string): void;
    consolidate(): void;
    predict(text: string): string;
  }
  // biome-ignore lint/style/noDefaultExport: the package has no other
  export default function classifier(): Classifier;
}

declare module 'wink-nlp-utils' {
  const utils: {
    readonly string: { readonly tokenize0: (text: string) => string[] };
    readonly tokens: { readonly removeWords: (tokens: string[]) => string[]; readonly stem: (tokens: string[]) => string[] };
  };
  // biome-ignore lint/style/noDefaultExport: the package has no other
  export default utils;
}
