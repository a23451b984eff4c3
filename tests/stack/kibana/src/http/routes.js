// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { STATUS_CODES } from 'node:http';

import { asError } from '../errors.js';
import { getLogger } from '../logger.js';
import { describeStatus } from './status.js';

/**
 * @typedef {import('node:http').IncomingMessage} Request
 * @typedef {import('node:http').ServerResponse} Response
 *
 * @typedef {object} Answer
 * @property {number} statusCode
 * @property {unknown} [body]
 * @property {Record<string, string>} [headers]
 *
 * @typedef {object} Services
 * @property {import('../config/schema/server.js').ServerSettings} settings
 * @property {import('./authentication.js').Authenticator} authenticator
 * @property {import('../elasticsearch/version_check.js').VersionCheck} versionCheck
 */

const MAX_BODY = 1024 * 1024;

/**
 * What answers while Kibana starts, and for as long as Elasticsearch does not let it in.
 *
 * @param {Request} _request
 * @param {Response} response
 */
export function answerNotReady(_request, response) {
  response.statusCode = 503;
  response.setHeader('retry-after', '30');
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end('Kibana server is not ready yet');
}

/**
 * @param {Services} services
 * @returns {import('./server.js').Handler}
 */
export function createHandler(services) {
  return async (request, response) => {
    try {
      send(response, services, await route(request, services));
    } catch (error) {
      getLogger('http').error(asError(error).message);
      send(
        response,
        services,
        failure(500, 'An internal server error occurred. Check Kibana server logs for details.')
      );
    }
  };
}

/**
 * @param {Request} request
 * @param {Services} services
 * @returns {Promise<Answer>}
 */
async function route(request, services) {
  const path = localPath(request, services.settings);
  switch (`${request.method} ${path}`) {
    case 'GET /api/status':
      return await getStatus(request, services);
    case 'POST /internal/security/login':
      return refuseForeign(request, path, services) ?? (await login(request, services));
    case 'GET /internal/security/me':
      return refuseForeign(request, path, services) ?? (await getMe(request, services));
    case 'GET /login':
      return {
        statusCode: 200,
        body: '<!DOCTYPE html><title>Elastic</title>',
        headers: { 'content-type': 'text/html' },
      };
    case 'GET /':
      return await getHome(request, services);
    default:
      return 'user' in ((await services.authenticator.authenticate(request)) ?? {})
        ? failure(404, 'Not Found')
        : failure(401, 'Unauthorized');
  }
}

/**
 * @param {Request} request
 * @param {Services['settings']} settings
 */
function localPath(request, { basePath, rewriteBasePath }) {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (!basePath || !rewriteBasePath) {
    return pathname;
  }
  return pathname.startsWith(`${basePath}/`) || pathname === basePath
    ? pathname.slice(basePath.length) || '/'
    : undefined;
}

/**
 * @param {Request} request
 * @param {Services} services
 */
async function getStatus(request, { authenticator, versionCheck, settings }) {
  const authentication = await authenticator.authenticate(request);
  return describeStatus(versionCheck.latest, {
    serverName: settings.name,
    isAuthenticated: authentication !== undefined && 'user' in authentication,
  });
}

/**
 * @param {Request} request
 * @param {Services} services
 */
async function getHome(request, { authenticator, settings }) {
  const authentication = await authenticator.authenticate(request);
  const place = authentication && 'user' in authentication ? '/app/home' : '/login?next=%2F';
  return { statusCode: 302, headers: { location: `${settings.basePath ?? ''}${place}` } };
}

/**
 * @param {Request} request
 * @param {Services} services
 */
async function getMe(request, { authenticator }) {
  const authentication = await authenticator.authenticate(request);
  if (authentication === undefined) {
    return failure(401, 'Unauthorized');
  }
  if ('error' in authentication) {
    return failure(authentication.error.statusCode ?? 401, authentication.error.message);
  }
  return { statusCode: 200, body: { ...authentication.user, elastic_cloud_user: false } };
}

/**
 * @param {Request} request
 * @param {Services} services
 * @returns {Promise<Answer>}
 */
async function login(request, { authenticator, settings }) {
  const { providerType, params } = await readJson(request);
  if (providerType !== 'basic' || typeof params?.username !== 'string' || typeof params?.password !== 'string') {
    return failure(400, '[request body]: expected providerType basic, params.username and params.password');
  }
  getLogger('plugins.security.routes').info('Logging in with provider "basic" (basic)');
  const result = await authenticator.login(params.username, params.password);
  if ('error' in result) {
    return failure(401, result.error.message);
  }
  const secure = settings.ssl.enabled ? '; Secure' : '';
  return {
    statusCode: 200,
    body: { location: `${settings.basePath ?? ''}/` },
    headers: { 'set-cookie': `sid=${result.sessionId}; HttpOnly; Path=${settings.basePath ?? '/'}${secure}` },
  };
}

/**
 * @param {Request} request
 * @param {string | undefined} path
 * @param {Services} services
 */
function refuseForeign(request, path, { settings }) {
  const method = request.method?.toLowerCase();
  if (settings.restrictInternalApis && request.headers['x-elastic-internal-origin'] === undefined) {
    return failure(
      400,
      `uri [${path}] with method [${method}] exists but is not available with the current configuration`
    );
  }
  const { headers } = request;
  if (method !== 'get' && headers['kbn-xsrf'] === undefined && headers['kbn-version'] === undefined) {
    return failure(400, 'Request must contain a kbn-xsrf header.');
  }
  return undefined;
}

/**
 * @param {Request} request
 * @returns {Promise<any>} an empty map for what is not JSON
 */
async function readJson(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > MAX_BODY) {
      return {};
    }
  }
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/**
 * @param {number} statusCode
 * @param {string} message
 * @returns {Answer}
 */
function failure(statusCode, message) {
  return { statusCode, body: { statusCode, error: STATUS_CODES[statusCode], message } };
}

/**
 * @param {Response} response
 * @param {Services} services
 * @param {Answer} answer
 */
function send(response, { settings }, { statusCode, body, headers = {} }) {
  response.statusCode = statusCode;
  response.setHeader('kbn-name', settings.name);
  response.setHeader('content-type', 'application/json; charset=utf-8');
  for (const [name, value] of Object.entries(headers)) {
    response.setHeader(name, value);
  }
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
