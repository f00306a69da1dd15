package pe.vuce.ejemplo;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.ClientAuthorizationException;
import org.springframework.security.oauth2.client.ClientAuthorizationRequiredException;
import org.springframework.security.oauth2.client.OAuth2AuthorizeRequest;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizedClientRepository;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.web.WebAttributes;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.bind.annotation.SessionAttribute;

/** What the tests look at: claims, userinfo, a refresh, the way out. */
@RestController
public class PaginasController {

    private final OAuth2AuthorizedClientManager clientes;
    private final OAuth2AuthorizedClientRepository tokens;

    PaginasController(
            OAuth2AuthorizedClientManager clientes, OAuth2AuthorizedClientRepository tokens) {
        this.clientes = clientes;
        this.tokens = tokens;
    }

    /** Quién ingresó, según el ID token; lo de `profile` y `email` llega por userinfo. */
    @GetMapping("/")
    Map<String, Object> inicio(@AuthenticationPrincipal OidcUser persona) {
        Map<String, Object> datos = new LinkedHashMap<>(persona.getIdToken().getClaims());
        datos.put("email", persona.getEmail());
        datos.put("name", persona.getFullName());
        return datos;
    }

    @GetMapping("/userinfo")
    Map<String, Object> userinfo(@AuthenticationPrincipal OidcUser persona) {
        return persona.getUserInfo().getClaims();
    }

    /** Access token vigente: si está por vencer, Spring lo renueva aquí mismo. */
    @GetMapping("/renovar")
    Map<String, Object> renovar(
            Authentication ingreso, HttpServletRequest solicitud, HttpServletResponse respuesta) {
        OAuth2AuthorizedClient antes = tokens.loadAuthorizedClient("vuce", ingreso, solicitud);
        OAuth2AuthorizedClient ahora = clientes.authorize(
                OAuth2AuthorizeRequest.withClientRegistrationId("vuce")
                        .principal(ingreso)
                        .attribute(HttpServletRequest.class.getName(), solicitud)
                        .attribute(HttpServletResponse.class.getName(), respuesta)
                        .build());
        return Map.of("antes", resumen(antes), "ahora", resumen(ahora));
    }

    /** A few characters tell tokens apart without showing one. */
    private static Map<String, Object> resumen(OAuth2AuthorizedClient cliente) {
        var access = cliente.getAccessToken();
        var refresh = cliente.getRefreshToken();
        Map<String, Object> datos = new LinkedHashMap<>();
        datos.put("access_token", access.getTokenValue().hashCode());
        datos.put("refresh_token", refresh == null ? null : refresh.getTokenValue().hashCode());
        datos.put("expires_at", access.getExpiresAt().toString());
        datos.put("scope", access.getScopes());
        return datos;
    }

    /** El refresh token ya no sirve: la sesión del proveedor terminó, o se revocó. */
    @ExceptionHandler(ClientAuthorizationException.class)
    ResponseEntity<Map<String, String>> sinRenovacion(ClientAuthorizationException error) {
        if (error instanceof ClientAuthorizationRequiredException) {
            throw error;
        }
        return ResponseEntity.status(HttpStatus.UNAUTHORIZED)
                .body(Map.of("error", error.getError().getErrorCode()));
    }

    @GetMapping("/ingreso-fallido")
    ResponseEntity<Map<String, String>> ingresoFallido(
            @SessionAttribute(name = WebAttributes.AUTHENTICATION_EXCEPTION, required = false)
                    Exception error) {
        String codigo = error instanceof OAuth2AuthenticationException conocido
                ? conocido.getError().getErrorCode() : "desconocido";
        return ResponseEntity.badRequest().body(Map.of("error", codigo));
    }

    /** Spring solo acepta la salida por POST y con su token contra CSRF. */
    @GetMapping(path = "/salir", produces = MediaType.TEXT_HTML_VALUE)
    String salir(CsrfToken csrf) {
        return """
                <!doctype html><html lang="es"><title>Salir</title>
                <form method="post" action="/logout">
                <input type="hidden" name="%s" value="%s">
                <button id="salir">Salir</button></form></html>
                """.formatted(csrf.getParameterName(), csrf.getToken());
    }

    @GetMapping("/salida")
    Map<String, String> salida() {
        return Map.of("estado", "sin sesión");
    }
}
