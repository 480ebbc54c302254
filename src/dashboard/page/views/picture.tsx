/**
 * Servers and links drawn. The table beside it says the same in words, so that the picture is one image to a screen reader.
 */

import { useEffect, useState } from 'preact/hooks';
import { bytes, milliseconds, plural } from '../../../observe/figures.ts';
import type { LinkGauge } from '../../../observe/gauges.ts';
import type { ServerRow } from '../../feed.ts';
import { frames, prefersStillness } from '../browser.ts';
import { type Field, type Line, placesOf, type Spot, shortened } from '../label-places.ts';
import { Layout, type Place, viewBoxOf } from '../layout.ts';
import { vitals } from '../store.ts';

/** Up to so many servers carry their names, and up to so many links their round trips. */
const namesMax = 48;
const roundTripsMax = 24;
/** Letters of a name, and of the resources below it. */
const [nameMax, tagsMax] = [26, 32];
/** Of each frame, for moving servers. */
const frameBudgetMs = 8;

export interface PictureProps {
  readonly servers: readonly ServerRow[];
  readonly links: readonly LinkGauge[];
  readonly chosen: string | undefined;
  readonly choose: (name: string) => void;
}

export function Picture({ servers, links, chosen, choose }: PictureProps) {
  const places = usePlaces(servers, links);
  const isDense = servers.length > namesMax;
  const near = new Set(links.filter(({ from, to }) => from === chosen || to === chosen).flatMap(({ from, to }) => [from, to]));
  const isNamed = ({ name, status }: ServerRow): boolean => !isDense || near.has(name) || name === chosen || status !== 'alive';
  const ill = servers.filter(({ status }) => status !== 'alive').length;
  const isTold = (link: LinkGauge): boolean => links.length <= roundTripsMax || link.from === chosen || link.to === chosen;
  const scale = isDense ? 1.4 : 1;
  const texts = placesOf(
    linesOf(links.filter(isTold), places, scale),
    servers.flatMap((server) => fieldOf(server, places, isNamed(server) ? scale : 0)),
  );
  const words = `${plural(servers.length, 'server')}, ${ill} of them not alive, ${plural(links.length, 'link')}`;
  return (
    <svg
      class={`picture${isDense ? ' dense' : ''}${chosen === undefined ? '' : ' has-chosen'}`}
      viewBox={viewBoxOf(places.values(), isDense ? 24 : 60)}
      role="img"
      aria-label={words}
    >
      <g class="links">
        {links.map((link) => (
          <LinkLine
            key={keyOf(link)}
            link={link}
            from={spotOf(places.get(link.from))}
            to={spotOf(places.get(link.to))}
            isNear={link.from === chosen || link.to === chosen}
          />
        ))}
      </g>
      <g class="servers">
        {inFront(servers, isNamed).map((server) => (
          <ServerMark
            key={server.name}
            server={server}
            at={spotOf(places.get(server.name))}
            isChosen={server.name === chosen}
            hasName={isNamed(server)}
            choose={choose}
          />
        ))}
      </g>
      <LinkTexts links={links.filter(isTold)} texts={texts} chosen={chosen} />
    </svg>
  );
}

function keyOf({ from, to }: LinkGauge): string {
  return `${from} ${to}`;
}

function textOf({ roundTripMs, bytesPerSecond }: LinkGauge): string {
  if (roundTripMs === undefined) return '';
  return `${milliseconds(roundTripMs)}${bytesPerSecond >= 1 ? ` · ${bytes(bytesPerSecond)}/s` : ''}`;
}

/** The links whose texts want a place; about 4.6 units a letter. */
function linesOf(links: readonly LinkGauge[], places: ReadonlyMap<string, Place>, scale: number): readonly Line[] {
  return links.flatMap((link): Line[] => {
    const [from, to, text] = [places.get(link.from), places.get(link.to), textOf(link)];
    return from && to && text !== '' ? [{ key: keyOf(link), from, to, width: text.length * 4.6 * scale, height: 11 * scale }] : [];
  });
}

/** What a server and its name take; with a scale of 0 it has none. */
function fieldOf(server: ServerRow, places: ReadonlyMap<string, Place>, scale: number): readonly Field[] {
  const place = places.get(server.name);
  if (!place) return [];
  if (scale === 0) return [{ x: place.x, y: place.y, width: 18, height: 18 }];
  const letters = Math.max(shortened(server.name, nameMax).length, tagsOf(server).length * 0.85);
  return [{ x: place.x, y: place.y + 12 * scale, width: letters * 6 * scale + 6, height: 44 * scale }];
}

/** A place as a text: it moves by being changed, and a component is drawn anew only for another property. */
function spotOf(place: Spot | undefined): string {
  return place ? `${place.x.toFixed(1)} ${place.y.toFixed(1)}` : '';
}

function placeAt(spot: string): { readonly x: number; readonly y: number } | undefined {
  const [x, y] = spot.split(' ').map(Number);
  return spot === '' || x === undefined || y === undefined ? undefined : { x, y };
}

/** What carries a name is drawn last, above the others. */
function inFront(servers: readonly ServerRow[], isNamed: (server: ServerRow) => boolean): readonly ServerRow[] {
  return [...servers.filter((server) => !isNamed(server)), ...servers.filter(isNamed)];
}

interface LinkTextsProps {
  readonly links: readonly LinkGauge[];
  /** Where each stands, by the key of its link. */
  readonly texts: ReadonlyMap<string, Spot>;
  readonly chosen: string | undefined;
}

/** Above the servers: in a crowd there is always one below. */
function LinkTexts({ links, texts, chosen }: LinkTextsProps) {
  return (
    <g class="texts">
      {links.map((link) => {
        const [x, y] = spotOf(texts.get(keyOf(link))).split(' ');
        const isNear = link.from === chosen || link.to === chosen;
        return y === undefined ? null : (
          <text key={keyOf(link)} class={isNear ? 'near' : ''} x={x} y={Number(y) + 3}>
            {textOf(link)}
          </text>
        );
      })}
    </g>
  );
}

interface LinkLineProps {
  readonly link: LinkGauge;
  readonly from: string;
  readonly to: string;
  readonly isNear: boolean;
}

function LinkLine({ link, from, to, isNear }: LinkLineProps) {
  const [a, b] = [placeAt(from), placeAt(to)];
  if (!a || !b) return null;
  const traffic = `${bytes(link.bytesPerSecond)}/s`;
  return (
    <g class={`link${isNear ? ' near' : ''}${link.bytesPerSecond > 4_000 ? ' busy' : ''}`}>
      <title>{`${link.from} – ${link.to}: ${milliseconds(link.roundTripMs)}, ${traffic}`}</title>
      <line x1={a.x} y1={a.y} x2={b.x} y2={b.y} stroke-width={widthOf(link.bytesPerSecond)} />
    </g>
  );
}

/** A decade more of bytes is one unit thicker: beats alone are about a hundred bytes a second. */
function widthOf(bytesPerSecond: number): number {
  return Math.min(7, Math.max(1, Math.log10(Math.max(1, bytesPerSecond)) - 1));
}

interface ServerMarkProps {
  readonly server: ServerRow;
  readonly at: string;
  readonly isChosen: boolean;
  readonly hasName: boolean;
  readonly choose: (name: string) => void;
}

function ServerMark({ server, at, isChosen, hasName, choose }: ServerMarkProps) {
  if (at === '') return null;
  const said = vitals.value.get(server.name);
  const load = said ? said.inFlight + said.runs : 0;
  return (
    // The rows of the table are what a keyboard reaches: each does the same.
    // biome-ignore lint/a11y/noStaticElementInteractions: as above
    <g
      class={`server ${server.status}${isChosen ? ' chosen' : ''}`}
      transform={`translate(${at})`}
      data-server={server.name}
      onClick={() => choose(server.name)}
    >
      <title>{`${server.name}, ${server.status}${server.resources.length === 0 ? '' : `, ${server.resources.join(' ')}`}`}</title>
      <circle r={radiusOf(load)} />
      {said && said.runs > 0 ? <circle class="ring" r={radiusOf(load) + 4} /> : null}
      {hasName ? <text y={radiusOf(load) + 14}>{shortened(server.name, nameMax)}</text> : null}
      {hasName && tagsOf(server) !== '' ? (
        <text class={`tags ${server.status}`} y={radiusOf(load) + 26}>
          {tagsOf(server)}
        </text>
      ) : null}
    </g>
  );
}

/** Under its name: what it has, or that it is not well. */
function tagsOf({ status, resources }: ServerRow): string {
  return status === 'alive' ? shortened(resources.slice(0, 3).join(' '), tagsMax) : status;
}

/** The area grows with what runs there. */
function radiusOf(load: number): number {
  return Math.min(22, 9 + Math.sqrt(load));
}

/** Places of the servers; they move for a while when servers or links come or go. */
function usePlaces(servers: readonly ServerRow[], links: readonly LinkGauge[]): ReadonlyMap<string, Place> {
  const [layout] = useState(() => new Layout());
  const [, redraw] = useState(0);
  const shape = layout.update(
    servers.map(({ name }) => name),
    links,
  );
  useEffect(() => {
    const move = (clockMs: () => number, budgetMs: number): boolean => {
      const goesOn = layout.step(budgetMs, clockMs);
      redraw((count) => count + 1);
      return goesOn;
    };
    if (!prefersStillness()) return frames((clockMs) => move(clockMs, frameBudgetMs));
    move(() => 0, 1);
    return undefined;
  }, [layout, shape]);
  return layout.places;
}
