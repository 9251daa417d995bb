/** Finds the names of events that source files give to the log. */
import ts from 'typescript';

/** What one file names, and sentences about names that cannot be told from it. */
export interface Found {
  readonly names: ReadonlySet<string>;
  readonly faults: readonly string[];
}

const levels = new Set(['error', 'warn', 'info', 'debug']);

export function logEventNames(path: string, text: string): Found {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  const names = new Set<string>();
  const faults: string[] = [];
  const take = (expression: ts.Expression): void => {
    if (ts.isStringLiteral(expression)) names.add(expression.text);
    else if (ts.isConditionalExpression(expression)) [expression.whenTrue, expression.whenFalse].forEach(take);
    else {
      const givers = ts.isIdentifier(expression) ? argumentsFor(source, expression) : [];
      if (givers.length === 0) faults.push(`${path}: cannot tell which event ${expression.getText()} is`);
      givers.forEach(take);
    }
  };
  const visit = (node: ts.Node): void => {
    const event = eventOf(node);
    if (event !== undefined) take(event);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { names, faults };
}

/** The event of a call of the log, or of a line that is made without it. */
function eventOf(node: ts.Node): ts.Expression | undefined {
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { name, expression } = node.expression;
    const [level, event] = node.arguments;
    if (name.text !== 'write' || level === undefined || event === undefined) return undefined;
    const named = ts.isStringLiteral(level) ? levels.has(level.text) : /\blog$/i.test(expression.getText());
    return named ? event : undefined;
  }
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  const level = node.properties.find((property) => property.name?.getText() === 'level');
  const event = node.properties.find((property) => property.name?.getText() === 'event');
  if (level === undefined || !ts.isPropertyAssignment(level) || event === undefined) return undefined;
  if (ts.isShorthandPropertyAssignment(event)) return event.name;
  return ts.isPropertyAssignment(event) ? event.initializer : undefined;
}

/** When the name is a parameter: what the calls of its function in the same file give for it. */
function argumentsFor(source: ts.SourceFile, name: ts.Identifier): readonly ts.Expression[] {
  let owner: ts.Node = name;
  while (!ts.isMethodDeclaration(owner) && !ts.isFunctionDeclaration(owner)) {
    if (ts.isSourceFile(owner)) return [];
    owner = owner.parent;
  }
  const index = owner.parameters.findIndex((parameter) => parameter.name.getText() === name.text);
  const called = owner.name?.getText();
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && index >= 0) {
      const callee = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression;
      const given = node.arguments[index];
      if (callee.getText() === called && given !== undefined) found.push(given);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
