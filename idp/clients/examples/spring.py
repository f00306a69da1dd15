"""Spring Boot: application.yml, and the one class that says what its defaults do not."""

from __future__ import annotations

from idp.clients.block import scalar
from idp.clients.client import Client
from idp.clients.examples.texts import SECRET, File, scopes

REDIRECT_PATH = "/login/oauth2/code/vuce"

SECURITY_CONFIG = """\
package pe.gob.vuce.componente;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.DefaultOAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestCustomizers;
import org.springframework.security.web.SecurityFilterChain;

@Configuration
public class SecurityConfig {

    @Bean
    SecurityFilterChain security(HttpSecurity http, ClientRegistrationRepository clients)
            throws Exception {
        // PKCE también con secreto: la VUCE lo exige.
        var requests = new DefaultOAuth2AuthorizationRequestResolver(clients, "/oauth2/authorization");
        requests.setAuthorizationRequestCustomizer(OAuth2AuthorizationRequestCustomizers.withPkce());
        // Al salir de la aplicación, salir también de la VUCE y volver a la página de inicio.
        var leaving = new OidcClientInitiatedLogoutSuccessHandler(clients);
        leaving.setPostLogoutRedirectUri("{baseUrl}/");
        http
            .authorizeHttpRequests(all -> all.anyRequest().authenticated())
            .oauth2Login(login -> login.authorizationEndpoint(
                endpoint -> endpoint.authorizationRequestResolver(requests)))
            .logout(logout -> logout.logoutSuccessHandler(leaving))
            // La VUCE avisa aquí cuando la sesión terminó: /logout/connect/back-channel/vuce
            .oidcLogout(logout -> logout.backChannel(Customizer.withDefaults()));
        return http.build();
    }
}
"""  # noqa: E501


def render(client: Client, issuer: str) -> tuple[File, ...]:
    """Both files; the class is the same for every component, but for its package."""
    method = client.token_endpoint_auth_method
    secret = "            client-secret: ${VUCE_CLIENT_SECRET}\n" if method in SECRET else ""
    text = f"""\
spring:
  security:
    oauth2:
      client:
        registration:
          vuce:
            client-id: {scalar(client.client_id)}
{secret}            client-authentication-method: {method}
            authorization-grant-type: authorization_code
            redirect-uri: {scalar(client.redirect_uris[0])}
            scope: {scopes(client, ", ")}
        provider:
          vuce:
            issuer-uri: {scalar(issuer)}
            user-name-attribute: sub
"""
    return File("application.yml", text), File("SecurityConfig.java", SECURITY_CONFIG)
